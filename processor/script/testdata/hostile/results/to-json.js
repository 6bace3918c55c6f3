// toJSON is not called: it is a function like any other.
// => SCRIPT_OUTPUT_INVALID n.toJSON function
function process() {
  return { n: { toJSON: () => 1 } };
}