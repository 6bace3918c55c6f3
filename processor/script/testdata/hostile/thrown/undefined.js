// throw undefined.
// => SCRIPT_THREW : undefined
function process() {
  throw undefined;
}