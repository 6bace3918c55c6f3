// Parses a JSON text of a million objects.
// => SCRIPT_MEMORY
function process() {
  return { n: JSON.parse("[" + "{},".repeat(1_000_000) + "0]").length };
}