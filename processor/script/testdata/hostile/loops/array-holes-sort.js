// sort of four billion holes.
// => SCRIPT_TIMEOUT
function process() {
  const a = [2, 1];
  a.length = 2 ** 32 - 1;
  return { first: a.sort()[0] };
}