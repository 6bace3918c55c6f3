// Compiles an expression of a hundred thousand minus signs.
// => SCRIPT_THREW stack overflow
function process() {
  return eval("- ".repeat(100_000) + "1");
}