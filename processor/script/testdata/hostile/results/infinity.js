// A division by zero.
// => SCRIPT_OUTPUT_INVALID share Inf
function process(rows) {
  return { share: rows[0].n / 0 };
}