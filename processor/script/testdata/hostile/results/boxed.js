// A Number object in the place of a number.
// => SCRIPT_OUTPUT_INVALID n
function process() {
  return { n: new Number(1) };
}