// The console is replaced by one of the script's: nothing is captured, nothing fails.
// => {"n":2}
let n = 0;
globalThis.console = { log: () => n++, warn: () => n++ };
function process() {
  console.log("lost");
  console.warn("lost");
  return { n };
}