// A getter that reads itself.
// => SCRIPT_THREW stack overflow
function process() {
  return {
    get total() {
      return this.total;
    },
  };
}