// eval runs a loop.
// => SCRIPT_TIMEOUT
function process() {
  (0, eval)("for (;;);");
}