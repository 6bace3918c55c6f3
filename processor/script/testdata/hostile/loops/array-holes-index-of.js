// indexOf looks at four billion holes.
// => SCRIPT_TIMEOUT
function process() {
  const a = [];
  a.length = 2 ** 32 - 1;
  return { at: a.indexOf(1) };
}