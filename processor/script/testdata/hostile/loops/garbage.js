// Makes cycles of garbage without end: they are collected, and the time ends.
// => SCRIPT_TIMEOUT
function process() {
  for (;;) {
    const a = { text: new Array(1000) };
    a.self = { a };
  }
}