// A match that has to remember ten million places to come back to.
// => SCRIPT_MEMORY
function process() {
  return { found: /^(?:a|b)*c/.test("a".repeat(3_000_000)) };
}