// A while loop without end.
// => SCRIPT_TIMEOUT
function process() {
  while (true);
}