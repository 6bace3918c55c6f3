// The place of an error in code that was put together at run time is that of the eval.
// => SCRIPT_THREW 4:7 ReferenceError
function process() {
  eval("\n\n\n\n\n\n\nmissing()");
}