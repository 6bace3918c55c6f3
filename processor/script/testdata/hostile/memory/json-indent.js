// JSON whose indentation grows with the depth; it is ten characters at most for each level.
// => SCRIPT_MEMORY
function process() {
  let o = new Array(2_000).fill(1);
  for (let i = 0; i < 1_000; i++) o = [o];
  return { n: JSON.stringify(o, null, "indentation without end").length };
}