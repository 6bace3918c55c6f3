// Catches whatever ends the loop, and loops again.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) {
    try {
      for (;;);
    } catch {
      continue;
    } finally {
      continue;
    }
  }
}