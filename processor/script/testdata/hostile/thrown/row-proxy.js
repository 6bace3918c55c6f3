// An error that says that a proxy of a row is its row.
// => SCRIPT_THREW Error: row
function process(rows) {
  const error = new Error("row");
  error.row = new Proxy(rows[0], {});
  throw error;
}