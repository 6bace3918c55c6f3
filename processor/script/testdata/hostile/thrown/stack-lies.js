// A stack of the script's own that names a line which is not there.
// => SCRIPT_THREW 0:0 Error: lies
function process() {
  const error = new Error("lies");
  error.stack = "    at process (processor.js:999999999:999999999)\n".repeat(10_000);
  throw error;
}