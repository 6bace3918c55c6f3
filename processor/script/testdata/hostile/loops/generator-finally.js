// A generator that yields again when it is told to return.
// => SCRIPT_TIMEOUT
function process() {
  function* stubborn() {
    for (;;) {
      try {
        yield 1;
      } finally {
        for (;;) yield 2;
      }
    }
  }
  for (;;) for (const x of stubborn()) break;
}