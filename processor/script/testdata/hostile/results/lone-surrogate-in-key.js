// Half of a character in a key.
// => SCRIPT_OUTPUT_INVALID surrogate
function process() {
  return { ["😀".slice(1)]: 1 };
}