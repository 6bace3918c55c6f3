// The global object inherits from a proxy whose traps loop: the host's look for process meets them.
// => SCRIPT_TIMEOUT
Object.setPrototypeOf(globalThis, new Proxy({}, {
  has: () => true,
  get() {
    for (;;);
  },
}));