// A symbol in the place of a text.
// => SCRIPT_OUTPUT_INVALID text symbol
function process() {
  return { text: Symbol("a") };
}