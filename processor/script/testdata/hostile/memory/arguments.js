// A call with ever more arguments, which has a limit of its own.
// => SCRIPT_THREW 7:13 too many arguments
function process() {
  const a = [1];
  for (;;) {
    a.push(...a);
    Math.max(...a);
  }
}