// Recursion through a native function: forEach calls process.
// => SCRIPT_THREW stack overflow
function process(rows) {
  rows.forEach(() => process(rows));
}