// Whatever ends the loop closes its iterator, which loops.
// => SCRIPT_TIMEOUT
function process() {
  const it = {
    next: () => ({ done: false }),
    return() {
      for (;;);
    },
    [Symbol.iterator]() {
      return this;
    },
  };
  for (const x of it) for (;;);
}