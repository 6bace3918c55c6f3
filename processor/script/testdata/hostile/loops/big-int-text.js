// The decimal digits of a BigInt of a million bits, again and again.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) ((1n << 1_000_000n) - 1n).toString();
}