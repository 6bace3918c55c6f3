// A WeakMap whose keys are kept alive.
// => SCRIPT_MEMORY
function process() {
  const map = new WeakMap();
  for (let key = {}; ; key = { key }) map.set(key, new Array(100).fill(0));
}