// Returns from a finally block.
// => SCRIPT_TIMEOUT
function process() {
  try {
    for (;;);
  } finally {
    return { caught: true };
  }
}