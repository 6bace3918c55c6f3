// A proxy of an array that says it has a billion elements.
// => SCRIPT_OUTPUT_INVALID
function process() {
  return { months: new Proxy([], { get: (target, key) => (key === "length" ? 1e9 : 1) }) };
}