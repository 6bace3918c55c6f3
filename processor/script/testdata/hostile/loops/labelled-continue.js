// A labelled continue out of an inner loop that begins the outer one again.
// => SCRIPT_TIMEOUT
function process(rows) {
  outer: for (let i = 0; i < rows.length; i++) {
    for (;;) {
      i = -1;
      continue outer;
    }
  }
}