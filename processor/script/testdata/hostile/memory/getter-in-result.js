// A getter of the result fills the memory while the host reads it.
// => SCRIPT_MEMORY
function process() {
  return {
    get total() {
      return "x".repeat(2 ** 28);
    },
  };
}