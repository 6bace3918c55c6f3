// A typed array from an object that says it has two billion elements.
// => SCRIPT_MEMORY
function process() {
  return { n: new Uint8Array({ length: 2 ** 31 - 1 }).length };
}