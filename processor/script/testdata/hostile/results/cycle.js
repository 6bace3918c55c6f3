// A result that contains itself.
// => SCRIPT_OUTPUT_INVALID itself
function process() {
  const result = { n: {} };
  result.n.result = result;
  return result;
}