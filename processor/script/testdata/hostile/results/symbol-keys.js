// Keys that are symbols are no outputs.
// => {"n":1}
function process() {
  return { n: 1, [Symbol("hidden")]: 2 };
}