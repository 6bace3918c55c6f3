// apply with an object that says it has four billion elements.
// => SCRIPT_THREW too many arguments
function process() {
  return { n: Math.max.apply(null, { length: 2 ** 32 - 1 }) };
}