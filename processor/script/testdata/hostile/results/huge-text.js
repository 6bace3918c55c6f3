// A text of two megabytes.
// => SCRIPT_OUTPUT_INVALID bytes
function process() {
  return { text: "x".repeat(2_000_000) };
}