// One object ten thousand times.
// => SCRIPT_OUTPUT_INVALID bytes
function process() {
  const shared = { text: "shared ".repeat(1000) };
  return { all: new Array(10_000).fill(shared) };
}