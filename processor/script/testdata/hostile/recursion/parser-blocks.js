// Compiles a block within blocks.
// => SCRIPT_THREW stack overflow
function process() {
  return eval("{".repeat(100_000) + "}".repeat(100_000));
}