// Reads and writes beyond the end of a buffer that has become smaller.
// => SCRIPT_THREW 7:18 RangeError
function process() {
  const buffer = new ArrayBuffer(1 << 16, { maxByteLength: 1 << 16 });
  const view = new DataView(buffer, 100);
  buffer.resize(50);
  view.setFloat64(1 << 15, 1);
}