// throw null.
// => SCRIPT_THREW : null
function process() {
  throw null;
}