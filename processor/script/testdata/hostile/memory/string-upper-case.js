// Letters that get three times as long in upper case.
// => SCRIPT_MEMORY
function process() {
  return { n: "\u0390".repeat(3_000_000).toUpperCase().length };
}