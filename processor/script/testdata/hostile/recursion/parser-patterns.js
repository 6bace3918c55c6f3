// Compiles a pattern within patterns.
// => SCRIPT_THREW SyntaxError
function process() {
  return eval("var " + "[".repeat(100_000) + "a" + "]".repeat(100_000) + "=1");
}