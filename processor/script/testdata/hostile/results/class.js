// An instance of a class of the script's.
// => SCRIPT_OUTPUT_INVALID class
function process() {
  return new (class Result {
    n = 1;
  })();
}