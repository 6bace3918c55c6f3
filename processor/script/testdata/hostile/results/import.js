// import() of a module.
// => SCRIPT_OUTPUT_INVALID import
function process() {
  import("std");
  return { n: 1 };
}