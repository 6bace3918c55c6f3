// Code put together at run time says that it is the tenant's file.
// => SCRIPT_THREW Error: x
function process() {
  eval("\n\n\n\n\n\n\nthrow new Error('x')\n//# sourceURL=processor.js");
}