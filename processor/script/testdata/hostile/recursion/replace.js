// Recursion through the callback of replace.
// => SCRIPT_THREW stack overflow
function process() {
  const deeper = () => "a".replace(/a/, deeper);
  return { text: deeper() };
}