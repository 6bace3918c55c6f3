// NaN in the place of a number.
// => SCRIPT_OUTPUT_INVALID total NaN
function process(rows) {
  return { total: rows[0].missing * 2 };
}