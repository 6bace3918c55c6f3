// A proxy that gives another prototype each time it is asked.
// => SCRIPT_OUTPUT_INVALID class
function process() {
  const prototypes = [Date.prototype, Object.prototype];
  return new Proxy({}, { getPrototypeOf: () => prototypes.shift() });
}