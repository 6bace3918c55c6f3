// A proxy that is its own handler.
// => SCRIPT_THREW stack overflow
function process() {
  const handler = {};
  const p = new Proxy({}, handler);
  Object.setPrototypeOf(handler, p);
  return { n: p.x };
}