// An array that grows.
// => SCRIPT_MEMORY
function process() {
  const a = [];
  for (;;) a.push(a.length + 0.5);
}