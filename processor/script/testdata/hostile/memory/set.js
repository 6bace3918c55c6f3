// A set of ever different texts.
// => SCRIPT_MEMORY
function process() {
  const set = new Set();
  for (;;) set.add("entry".repeat(200) + set.size);
}