// BigInts that are squared and kept.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (let n = 1n << 500_000n; ; n++) kept.push(n);
}