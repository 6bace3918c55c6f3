// The getter of an error's name asks for all memory.
// => SCRIPT_MEMORY
function process() {
  throw Object.defineProperty(new Error("x"), "name", { get: () => "x".repeat(2 ** 28) });
}