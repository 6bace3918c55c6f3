// Closures that hold each other.
// => SCRIPT_MEMORY
function process() {
  let last = () => 0;
  for (;;) {
    const before = last;
    const data = new Array(100).fill(0);
    last = () => [before, data];
  }
}