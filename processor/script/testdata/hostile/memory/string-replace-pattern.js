// A replacement that holds what stands before and behind each match.
// => SCRIPT_MEMORY
function process() {
  return { n: "a".repeat(10_000).replace(/a/g, "$`$'").length };
}