// Sets within sets in a regular expression with the flag v.
// => SCRIPT_THREW SyntaxError
function process() {
  return { found: new RegExp("[".repeat(100_000) + "a" + "]".repeat(100_000), "v").test("a") };
}