// An error that says that its row is a number.
// => SCRIPT_THREW Error: row
function process() {
  const error = new Error("row");
  error.row = 2 ** 53;
  throw error;
}