// Each element becomes a hundred thousand.
// => SCRIPT_MEMORY
function process() {
  const wide = new Array(100_000).fill(1);
  return { n: wide.flatMap(() => wide).length };
}