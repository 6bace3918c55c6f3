// Backtracking within a look ahead.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /(?=(\w+\s?)*$)x/.test("word ".repeat(20) + "!") };
}