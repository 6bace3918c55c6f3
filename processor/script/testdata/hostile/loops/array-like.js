// A method of arrays on an object that says it has 2^53-1 elements.
// => SCRIPT_TIMEOUT
function process() {
  return { n: Array.prototype.lastIndexOf.call({ length: Number.MAX_SAFE_INTEGER }, 1) };
}