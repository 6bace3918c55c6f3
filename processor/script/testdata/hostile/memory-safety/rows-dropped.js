// Drops all rows and makes others, which then lie where these lay; the error names one that was never a row.
// => SCRIPT_THREW 6:26
function process(rows) {
  rows.length = 0;
  const made = Array.from({ length: 1000 }, (_, i) => ({ site: "A", text: "a", n: i }));
  const error = new Error("not a row");
  error.row = made[500];
  throw error;
}