// A map asks a constructor of the script for its array, and gets a huge one.
// => SCRIPT_MEMORY
function process(rows) {
  rows.constructor = { [Symbol.species]: function () { return new Array(100_000_000).fill(0); } };
  return { n: rows.map((row) => row.n).length };
}