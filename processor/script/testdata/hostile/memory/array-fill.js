// A long array is filled.
// => SCRIPT_MEMORY
function process() {
  return { n: new Array(100_000_000).fill(1).length };
}