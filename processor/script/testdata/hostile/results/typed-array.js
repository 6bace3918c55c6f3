// A typed array in the place of an array.
// => SCRIPT_OUTPUT_INVALID months
function process() {
  return { months: new Float64Array(12) };
}