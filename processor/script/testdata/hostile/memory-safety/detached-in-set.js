// An array-like gives the buffer away while its elements are copied into it.
// => {"n":0}
function process() {
  const a = new Float64Array(10_000);
  a.set({
    length: 10_000,
    get 0() {
      a.buffer.transfer();
      return 1;
    },
    1: 1,
    9_999: 1,
  });
  return { n: a.length };
}