// Compiles an expression of a hundred thousand parentheses.
// => SCRIPT_THREW stack overflow nested
function process() {
  return eval("(".repeat(100_000) + "1" + ")".repeat(100_000));
}