// A Map in the place of an object.
// => SCRIPT_OUTPUT_INVALID Map
function process() {
  return new Map([["n", 1]]);
}