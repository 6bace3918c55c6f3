// A comparator gives the buffer away that is being sorted.
// => {"n":0}
function process() {
  const a = new Uint8Array(1000).map((_, i) => 255 - i);
  a.sort((x, y) => {
    if (a.length > 0) a.buffer.transfer();
    return x - y;
  });
  return { n: a.length };
}