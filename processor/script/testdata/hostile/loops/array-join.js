// A join of four billion holes goes on in native code even after it was refused the memory for its text.
// => SCRIPT_TIMEOUT
function process() {
  return { text: new Array(2 ** 32 - 1).join("separator") };
}