// Backtracking that grows with the fourth power of a long text.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /a*a*a*a*$/.test("a".repeat(5_000) + "!") };
}