// Powers of BigInts with a quarter of a million digits.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) 7n ** 300_000n;
}