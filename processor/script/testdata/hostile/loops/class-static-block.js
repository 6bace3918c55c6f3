// A loop in the static block of a class.
// => SCRIPT_TIMEOUT
function process() {
  return class {
    static {
      for (;;);
    }
  };
}