// A line that does not fit into the memory when it is put together.
// => SCRIPT_MEMORY
function process() {
  const text = "x".repeat(1_500_000);
  console.log(text + text + text);
  return { n: 1 };
}