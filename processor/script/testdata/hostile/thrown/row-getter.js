// An error whose row is a getter that loops: only a plain value says which row it is.
// => SCRIPT_THREW Error: row
function process() {
  throw Object.defineProperty(new Error("row"), "row", {
    get() {
      for (;;);
    },
  });
}