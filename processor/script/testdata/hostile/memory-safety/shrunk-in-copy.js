// The place to copy to shrinks the buffer while it is asked for.
// => {"n":8}
function process() {
  const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 });
  const a = new Uint8Array(buffer);
  const start = {
    valueOf() {
      buffer.resize(8);
      return 1000;
    },
  };
  a.copyWithin(start, 0);
  a.subarray(start);
  a.slice(start);
  a.indexOf(1, start);
  a.with(0, start);
  return { n: a.length };
}