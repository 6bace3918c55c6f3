// An array with holes.
// => SCRIPT_OUTPUT_INVALID months holes
function process() {
  return { months: [, 1, 2] };
}