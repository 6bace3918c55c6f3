// Signs that turn the direction of text hide nothing from the engine.
// => {"n":1}
function process() {
  const n = 1; /*‮ ; 2 = n ⁦ */
  return { n };
}