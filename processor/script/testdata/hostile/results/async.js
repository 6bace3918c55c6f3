// process is async.
// => SCRIPT_OUTPUT_INVALID promise
async function process() {
  return { n: 1 };
}