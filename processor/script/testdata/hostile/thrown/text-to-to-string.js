// An object whose toString and message loop: neither is asked.
// => SCRIPT_THREW toString
function process() {
  throw {
    toString() {
      for (;;);
    },
    get message() {
      for (;;);
    },
  };
}