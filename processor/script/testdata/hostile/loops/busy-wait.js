// Waits for a clock that stands still.
// => SCRIPT_TIMEOUT
function process() {
  const end = Date.now() + 1;
  while (Date.now() < end);
}