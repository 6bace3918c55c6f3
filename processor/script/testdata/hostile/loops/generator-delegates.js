// A generator that delegates to itself without end.
// => SCRIPT_THREW stack overflow
function process() {
  function* again() {
    yield* again();
  }
  return { first: again().next().value };
}