// Promises whose reactions wait for a turn that does not come.
// => SCRIPT_MEMORY
function process() {
  for (;;) Promise.resolve(new Array(200).fill(0)).then((x) => x);
}