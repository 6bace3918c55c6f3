// Replaces what formats stacks.
// => SCRIPT_THREW Error: prepared
Error.prepareStackTrace = () => {
  for (;;);
};
Error.stackTraceLimit = Infinity;
function process() {
  throw new Error("prepared");
}