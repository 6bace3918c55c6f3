// BigInts from three hundred thousand decimal digits.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) BigInt("7".repeat(300_000));
}