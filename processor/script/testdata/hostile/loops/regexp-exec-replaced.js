// replace asks an exec of the script for the next match, and always gets one.
// => SCRIPT_MEMORY
function process() {
  const re = /a/g;
  re.exec = () => ({ index: 0, length: 1, 0: "match".repeat(1000) });
  return { text: "a".replace(re, "b") };
}