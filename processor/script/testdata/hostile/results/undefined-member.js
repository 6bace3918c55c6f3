// A member that is undefined is left out, as in JSON.
// => {"n":1}
function process() {
  return { n: 1, m: undefined };
}