// A message with colors of a terminal, a bell, line breaks and signs that turn the direction of text.
// => SCRIPT_THREW \x1b[31mred\x07 next\x00
function process() {
  throw new Error("\x1b[31mred\x07\nnext\x00");
}