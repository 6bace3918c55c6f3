// Recursion through comparators: each sort sorts.
// => SCRIPT_THREW stack overflow
function process() {
  const sort = () => [1, 2].sort(sort).length;
  return { n: sort() };
}