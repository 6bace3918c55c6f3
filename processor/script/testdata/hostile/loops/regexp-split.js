// split with an expression that backtracks at every character.
// => SCRIPT_TIMEOUT
function process() {
  return { n: "a".repeat(100_000).split(/a+b/).length };
}