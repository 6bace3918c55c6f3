// Fills the memory again from a finally block, in a loop.
// => SCRIPT_MEMORY
function process() {
  for (;;) {
    let kept = [];
    try {
      for (;;) kept.push("piece".repeat(1000) + kept.length);
    } catch {
      continue;
    } finally {
      kept = [];
    }
  }
}