// An error that throws when its name and message are read.
// => SCRIPT_THREW an error without a message
function process() {
  const error = new Error("first");
  for (const key of ["name", "message", "stack", "row", "toString"]) {
    Object.defineProperty(error, key, {
      get() {
        throw error;
      },
    });
  }
  throw error;
}