// The code defines something else.
// => SCRIPT_THREW no function process
function proces() {
  return {};
}