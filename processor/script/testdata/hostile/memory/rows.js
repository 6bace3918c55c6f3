// A loop over the rows that adds a row for each that it reads.
// => SCRIPT_MEMORY
function process(rows) {
  for (const row of rows) rows.push({ ...row, text: "more".repeat(10_000) + rows.length });
}