// A proxy that lists a key which its target lacks and cannot have.
// => SCRIPT_THREW TypeError
function process() {
  return new Proxy(Object.freeze({ a: 1 }), { ownKeys: () => ["b"] });
}