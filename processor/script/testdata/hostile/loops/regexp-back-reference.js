// Backtracking with a reference to a named group.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /^(?<part>a*)*\k<part>b$/.test("a".repeat(60)) };
}