// A tree of getters that are read for a very long time, eight levels of a hundred each.
// => SCRIPT_TIMEOUT
function process() {
  const level = (depth) => new Proxy({}, {
    ownKeys: () => Array.from({ length: 100 }, (_, i) => "k" + i),
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
    get: () => (depth > 1 ? level(depth - 1) : undefined),
  });
  return level(7);
}