// JSON of a million brackets that open.
// => SCRIPT_THREW stack overflow nested
function process() {
  return JSON.parse("[".repeat(1_000_000));
}