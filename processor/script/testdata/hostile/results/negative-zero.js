// Minus zero is zero.
// => {"n":0}
function process() {
  return { n: -0 };
}