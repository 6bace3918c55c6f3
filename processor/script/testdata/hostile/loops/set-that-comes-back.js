// Set.forEach visits what was removed and added again: without end, in constant memory.
// => SCRIPT_TIMEOUT
function process() {
  const set = new Set([1]);
  set.forEach((x) => set.delete(x) && set.add(x));
}