// What was written before the memory ended is kept.
// => SCRIPT_MEMORY
// log: LOG about to fill
function process() {
  console.log("about to fill");
  "x".repeat(2 ** 29);
}