// A small buffer that may grow, and does.
// => SCRIPT_MEMORY
function process() {
  const buffer = new ArrayBuffer(8, { maxByteLength: 2 ** 30 });
  for (let n = 16; ; n *= 2) buffer.resize(n);
}