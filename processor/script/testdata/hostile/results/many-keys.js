// Thirty thousand keys.
// => SCRIPT_OUTPUT_INVALID
function process() {
  const o = {};
  for (let i = 0; i < 20_000; i++) o[i] = 1;
  return o;
}