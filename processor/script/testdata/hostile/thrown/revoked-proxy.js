// A proxy that answers nothing any more.
// => SCRIPT_THREW
function process() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  throw proxy;
}