// A job that would begin the next, without end.
// => SCRIPT_OUTPUT_INVALID promise
function process() {
  const again = () => Promise.resolve().then(again);
  again();
  return { n: 1 };
}