// An array that contains itself is flattened without end.
// => SCRIPT_THREW stack overflow
function process() {
  const a = [];
  a.push(a);
  return { n: a.flat(Infinity).length };
}