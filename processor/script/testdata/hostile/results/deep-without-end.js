// A getter that always gives a fresh object with such a getter.
// => SCRIPT_OUTPUT_INVALID deep
function process() {
  const fresh = () => Object.defineProperty({}, "o", { enumerable: true, get: fresh });
  return fresh();
}