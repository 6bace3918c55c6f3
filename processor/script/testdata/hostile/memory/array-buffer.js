// A buffer of a gigabyte.
// => SCRIPT_MEMORY
function process() {
  return { n: new ArrayBuffer(2 ** 30).byteLength };
}