// reverse of four billion holes.
// => SCRIPT_TIMEOUT
function process() {
  const a = [];
  a.length = 2 ** 32 - 1;
  a[0] = 1;
  return { at: a.reverse().length };
}