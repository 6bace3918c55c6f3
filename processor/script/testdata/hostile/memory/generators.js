// Generators that have begun and are kept.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  function* begun() {
    yield new Array(200).fill(0);
  }
  for (;;) {
    const g = begun();
    kept.push(g, g.next());
  }
}