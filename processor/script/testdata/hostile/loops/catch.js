// Catches whatever ends the loop, and says that all is well.
// => SCRIPT_TIMEOUT
function process() {
  try {
    for (;;);
  } catch {
    return { caught: true };
  }
}