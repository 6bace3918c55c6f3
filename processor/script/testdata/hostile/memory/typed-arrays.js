// Typed arrays of a page each, all kept.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (;;) kept.push(new Float64Array(512));
}