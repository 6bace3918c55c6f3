// Backtracking: alternatives that match the same.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /^(?:a|a|aa)*$/.test("a".repeat(60) + "!") };
}