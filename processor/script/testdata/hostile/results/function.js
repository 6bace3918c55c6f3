// A function in the place of its result.
// => SCRIPT_OUTPUT_INVALID n function
function process() {
  return { n: () => 1 };
}