// A function of half a megabyte is thrown.
// => SCRIPT_THREW
function process() {
  throw new Function("/*" + "long ".repeat(100_000) + "*/");
}