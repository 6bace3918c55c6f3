// A proxy whose prototype is itself: looking for a property that is not there goes round.
// => SCRIPT_THREW stack overflow
function process() {
  const p = new Proxy({}, {});
  Object.setPrototypeOf(p, p.__proto__);
  const q = Object.create(new Proxy({}, { get: (_, key) => q[key] }));
  return { n: q.missing };
}