// Objects of ever different shapes.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (let i = 0; ; i++) kept.push({ ["a" + i]: 1, ["b" + i]: 2, ["c" + i]: "x".repeat(500) + i });
}