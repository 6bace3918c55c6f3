// The result has a getter that throws.
// => SCRIPT_THREW 6:22 Error: in a getter
function process() {
  return {
    get total() {
      throw new Error("in a getter");
    },
  };
}