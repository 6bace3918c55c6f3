// Symbols that are registered and kept.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (;;) kept.push(Symbol.for("symbol".repeat(200) + kept.length));
}