// A sign that NFKD makes eighteen letters of.
// => SCRIPT_MEMORY
function process() {
  return { n: "\ufdfa".repeat(1_000_000).normalize("NFKD").length };
}