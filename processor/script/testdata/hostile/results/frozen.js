// A frozen result.
// => {"n":1}
function process() {
  return Object.freeze({ n: 1 });
}