// A BigInt in the place of a number.
// => SCRIPT_OUTPUT_INVALID n BigInt
function process() {
  return { n: 10n };
}