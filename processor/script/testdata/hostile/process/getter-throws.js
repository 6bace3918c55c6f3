// process is a getter that throws.
// => SCRIPT_THREW Error: no
Object.defineProperty(globalThis, "process", {
  get() {
    throw new Error("no");
  },
});