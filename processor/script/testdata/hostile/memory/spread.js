// An iterator without end is spread into an array.
// => SCRIPT_MEMORY
function process() {
  const words = {
    *[Symbol.iterator]() {
      for (;;) yield "word".repeat(1000) + 1;
    },
  };
  return { n: [...words].length };
}