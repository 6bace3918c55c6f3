// Recursion through conversions only.
// => SCRIPT_THREW stack overflow
function process() {
  const o = { toString: () => `${o}` };
  return { text: `${o}` };
}