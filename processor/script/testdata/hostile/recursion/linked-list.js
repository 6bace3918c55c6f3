// A list of twenty thousand links that is dropped at once: freeing it must not recurse.
// => {"n":20000}
function process() {
  let list = null;
  let n = 0;
  for (; n < 20_000; n++) list = { list };
  list = null;
  return { n };
}