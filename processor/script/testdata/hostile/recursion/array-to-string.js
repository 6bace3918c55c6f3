// An array that contains itself is written out.
// => SCRIPT_THREW stack overflow
function process() {
  const a = [];
  a.push(a, a);
  return { text: `${a}` };
}