// Backtracking without regard to case.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /^(?:(?:x|İ)+)+$/iu.test("xX".repeat(30) + "!") };
}