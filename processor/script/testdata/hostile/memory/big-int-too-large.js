// A BigInt with more bits than any may have.
// => SCRIPT_THREW 4:25 RangeError
function process() {
  return { n: Number(1n << (1n << 40n)) };
}