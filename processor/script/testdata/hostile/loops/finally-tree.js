// Every level of the recursion begins another from its finally: 2 to the power of the depth.
// => SCRIPT_TIMEOUT
function process() {
  try {
    process();
  } finally {
    process();
  }
}