// The result is a proxy that lists its keys without end.
// => SCRIPT_TIMEOUT
function process() {
  return new Proxy({}, { ownKeys: () => { for (;;); } });
}