// A proxy of a proxy of a proxy and so on: reading goes through all.
// => SCRIPT_THREW stack overflow
function process() {
  let p = {};
  for (let i = 0; i < 10_000; i++) p = new Proxy(p, {});
  return { n: p.x };
}