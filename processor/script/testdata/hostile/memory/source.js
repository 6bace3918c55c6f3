// Compiles a function of many megabytes.
// => SCRIPT_MEMORY
function process() {
  return new Function("return [" + "[1,2,3],".repeat(1_000_000) + "]")();
}