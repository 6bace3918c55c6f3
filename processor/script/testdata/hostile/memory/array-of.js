// Array.from asks for four billion elements.
// => SCRIPT_MEMORY
function process() {
  return { n: Array.from({ length: 2 ** 32 - 1 }, () => [1, 2, 3]).length };
}