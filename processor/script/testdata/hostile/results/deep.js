// A result that is ten thousand levels deep.
// => SCRIPT_OUTPUT_INVALID deep
function process() {
  let o = {};
  for (let i = 0; i < 10_000; i++) o = { o };
  return o;
}