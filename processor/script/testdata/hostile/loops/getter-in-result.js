// A getter of the result loops, while the host reads it.
// => SCRIPT_TIMEOUT
function process() {
  return {
    get total() {
      for (;;);
    },
  };
}