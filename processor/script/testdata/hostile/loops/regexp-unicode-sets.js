// Backtracking over sets of the flag v.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /^(?:[\p{L}--[a-f]]+[\p{ASCII}&&\p{L}]*)+$/v.test("xyz".repeat(20) + "!") };
}