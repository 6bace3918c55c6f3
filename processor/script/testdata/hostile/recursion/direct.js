// A function that calls itself.
// => SCRIPT_THREW 4:3 stack overflow
function process(rows) {
  return process(rows);
}