// An iterator's helper drops an infinite number of values.
// => SCRIPT_TIMEOUT
function process() {
  return { n: Iterator.from({ next: Object }).drop(Infinity).next().value };
}