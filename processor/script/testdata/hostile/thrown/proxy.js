// A proxy of an error whose traps loop: one is asked which row it is about.
// => SCRIPT_TIMEOUT
function process() {
  const loop = () => { for (;;); };
  throw new Proxy(new Error("x"), { get: loop, has: loop, getPrototypeOf: loop, getOwnPropertyDescriptor: loop });
}