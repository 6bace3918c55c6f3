// Each letter is replaced by the whole text.
// => SCRIPT_MEMORY
function process() {
  const text = "a".repeat(10_000);
  return { n: text.replaceAll("a", text).length };
}