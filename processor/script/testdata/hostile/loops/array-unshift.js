// unshift moves 2^53-2 elements that are not there.
// => SCRIPT_TIMEOUT
function process() {
  return { n: Array.prototype.unshift.call({ length: Number.MAX_SAFE_INTEGER - 1 }, 1) };
}