// Arrays inherit from functions, functions from arrays, and plain objects are not what they were.
// => {"n":3}
Object.setPrototypeOf(Array.prototype, Function.prototype);
Array.prototype[Symbol.iterator] = null;
Function.prototype.call = Function.prototype.apply = null;
Object.prototype.constructor = null;
function process(rows) {
  return { n: rows.length };
}