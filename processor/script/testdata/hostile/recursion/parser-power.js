// Compiles a hundred thousand powers, which group to the right.
// => SCRIPT_THREW stack overflow
function process() {
  return eval("1" + "**1".repeat(100_000));
}