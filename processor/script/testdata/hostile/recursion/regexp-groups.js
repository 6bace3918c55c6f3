// A regular expression of a hundred thousand groups within each other.
// => SCRIPT_THREW SyntaxError
function process() {
  return { found: new RegExp("(?:".repeat(100_000) + ")".repeat(100_000)).test("a") };
}