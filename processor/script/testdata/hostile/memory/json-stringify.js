// A small object whose JSON is exponentially long.
// => SCRIPT_MEMORY
function process() {
  let o = { text: "text".repeat(10_000) };
  for (let i = 0; i < 30; i++) o = [o, o];
  return { n: JSON.stringify(o).length };
}