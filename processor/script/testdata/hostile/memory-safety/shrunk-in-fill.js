// The value to fill with shrinks the buffer while it is asked for its number.
// => {"n":8}
function process() {
  const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 });
  const a = new Uint8Array(buffer);
  a.fill({
    valueOf() {
      buffer.resize(8);
      return 7;
    },
  });
  return { n: a.length };
}