// An array whose element is a getter that shortens it.
// => SCRIPT_OUTPUT_INVALID months[1] undefined
function process() {
  const months = [1, 2, 3];
  Object.defineProperty(months, 0, {
    enumerable: true,
    get: () => ((months.length = 1), 5),
  });
  return { months };
}