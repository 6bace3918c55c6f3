// A proxy that lists a hundred thousand keys, which the engine compares with each other.
// => SCRIPT_TIMEOUT
function process() {
  const keys = Array.from({ length: 50_000 }, (_, i) => `${i}`);
  return new Proxy({}, { ownKeys: () => keys });
}