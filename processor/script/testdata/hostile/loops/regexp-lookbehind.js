// Backtracking within a look behind, which goes from right to left.
// => SCRIPT_TIMEOUT
function process() {
  return { found: /(?<=\?(?:\w+\s?)+)!/.test("word ".repeat(20) + "!") };
}