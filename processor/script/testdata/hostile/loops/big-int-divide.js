// Huge BigInts divided by others.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) ((1n << 1_000_000n) - 1n) / ((1n << 500_000n) - 1n);
}