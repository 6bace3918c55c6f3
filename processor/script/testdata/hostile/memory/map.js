// A map whose keys are arrays.
// => SCRIPT_MEMORY
function process() {
  const map = new Map();
  for (;;) map.set(new Array(100).fill(1), map);
}