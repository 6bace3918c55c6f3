// forEach asks a proxy for 2^53-1 elements.
// => SCRIPT_TIMEOUT
function process() {
  const endless = new Proxy({}, { get: () => Number.MAX_SAFE_INTEGER, has: () => false });
  Array.prototype.forEach.call(endless, () => {});
}