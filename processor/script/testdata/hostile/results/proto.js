// __proto__ in a literal is the prototype, which is another than that of objects.
// => SCRIPT_OUTPUT_INVALID class
function process() {
  return { __proto__: { n: 1 } };
}