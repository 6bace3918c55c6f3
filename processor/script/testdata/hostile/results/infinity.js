// A division by zero.
// => SCRIPT_OUTPUT_INVALID share Infinity
function process(rows) {
  return { share: rows[0].n / 0 };
}