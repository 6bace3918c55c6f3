// Compiles a function within functions.
// => SCRIPT_THREW stack overflow
function process() {
  return eval("a=>".repeat(100_000) + "1");
}