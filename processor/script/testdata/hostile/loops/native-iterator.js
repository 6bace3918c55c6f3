// An iterator whose next is a native function, read by a native constructor: the engine's interpreter never gets a turn.
// => SCRIPT_TIMEOUT
function process() {
  new Set({ [Symbol.iterator]: () => ({ next: Object }) });
}