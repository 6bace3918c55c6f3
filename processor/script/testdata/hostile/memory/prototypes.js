// A chain of prototypes that grows: looking a property up takes longer each time.
// => SCRIPT_MEMORY
function process() {
  let o = {};
  for (;;) o = Object.create(o, { text: { value: new Array(100).fill(1) } });
}