// process is a generator.
// => SCRIPT_OUTPUT_INVALID
function* process() {
  yield { n: 1 };
}