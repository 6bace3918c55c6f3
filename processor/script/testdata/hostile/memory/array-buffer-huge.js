// A buffer of more bytes than there are in the world.
// => SCRIPT_THREW RangeError
function process() {
  return { n: new ArrayBuffer(Number.MAX_SAFE_INTEGER).byteLength };
}