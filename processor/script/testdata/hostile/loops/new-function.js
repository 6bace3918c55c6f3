// Compiles functions without end.
// => SCRIPT_TIMEOUT
function process() {
  for (let i = 0; ; i++) new Function("a", `return a + ${i}`)(1);
}