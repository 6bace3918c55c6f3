// Backtracking: a repetition within a repetition.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /^(a+)+$/.test("a".repeat(60) + "!") };
}