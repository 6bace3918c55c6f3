// A promise in the place of a value.
// => SCRIPT_OUTPUT_INVALID promise
function process() {
  return { n: Promise.resolve(1) };
}