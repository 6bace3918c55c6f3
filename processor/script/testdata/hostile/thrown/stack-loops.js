// The getter of an error's stack loops while the host looks for the place.
// => SCRIPT_TIMEOUT
function process() {
  throw Object.defineProperty(new Error("x"), "stack", {
    get() {
      for (;;);
    },
  });
}