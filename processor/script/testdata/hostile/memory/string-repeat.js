// A text of half a billion letters.
// => SCRIPT_MEMORY
function process() {
  return { text: "x".repeat(2 ** 29) };
}