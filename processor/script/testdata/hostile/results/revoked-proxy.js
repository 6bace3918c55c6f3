// A proxy that is revoked before it is read.
// => SCRIPT_THREW TypeError
function process() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return { n: proxy };
}