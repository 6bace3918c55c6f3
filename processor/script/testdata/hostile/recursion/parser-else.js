// Compiles a chain of a hundred thousand else ifs.
// => SCRIPT_THREW stack overflow
function process() {
  return eval("if(0);else ".repeat(100_000) + ";");
}