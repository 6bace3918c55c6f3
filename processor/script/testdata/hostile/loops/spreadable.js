// concat spreads an object that says it has four billion elements.
// => SCRIPT_TIMEOUT
function process() {
  return { n: [].concat({ length: 2 ** 32 - 1, [Symbol.isConcatSpreadable]: true }).length };
}