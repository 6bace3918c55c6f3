// Half of a character in a text.
// => SCRIPT_OUTPUT_INVALID text surrogate
function process() {
  return { text: "😀".slice(0, 1) };
}