// An array that says it has four billion elements.
// => SCRIPT_OUTPUT_INVALID months
function process() {
  const months = [];
  months.length = 2 ** 32 - 1;
  return { months };
}