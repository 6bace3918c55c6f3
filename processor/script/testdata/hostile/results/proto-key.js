// __proto__ as a key of its own.
// => {"__proto__":{"n":1},"m":2}
function process() {
  return JSON.parse('{"__proto__":{"n":1},"m":2}');
}