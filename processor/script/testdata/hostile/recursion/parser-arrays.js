// Compiles an array within arrays.
// => SCRIPT_THREW stack overflow
function process() {
  return new Function("return " + "[".repeat(100_000) + "]".repeat(100_000))();
}