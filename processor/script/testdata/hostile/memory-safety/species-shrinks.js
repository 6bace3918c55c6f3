// A species constructor gives slice a smaller array than it asked for.
// => SCRIPT_THREW TypeError
function process() {
  const a = new Uint8Array(1 << 20);
  a.constructor = { [Symbol.species]: () => new Uint8Array(1) };
  return { n: a.slice().length };
}