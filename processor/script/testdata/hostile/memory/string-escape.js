// Every character becomes nine when it is encoded for a URI.
// => SCRIPT_MEMORY
function process() {
  return { n: encodeURIComponent("\u20ac".repeat(500_000)).length };
}