// A Date in the place of a text.
// => SCRIPT_OUTPUT_INVALID day
function process() {
  return { day: new Date() };
}