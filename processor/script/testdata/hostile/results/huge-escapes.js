// A text that JSON makes six times as long.
// => SCRIPT_OUTPUT_INVALID bytes
function process() {
  return { text: "\u0001".repeat(50_000) };
}