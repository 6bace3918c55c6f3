// A reaction of a promise that would come later.
// => SCRIPT_OUTPUT_INVALID promise
function process() {
  const result = { n: 1 };
  Promise.resolve().then(() => (result.n = 2));
  return result;
}