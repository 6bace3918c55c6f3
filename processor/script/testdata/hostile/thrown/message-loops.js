// The getter of an error's message loops while the host reads it.
// => SCRIPT_TIMEOUT
function process() {
  throw Object.defineProperty(new Error(), "message", {
    get() {
      for (;;);
    },
  });
}