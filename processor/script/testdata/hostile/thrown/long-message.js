// A message of a megabyte is quoted at its beginning.
// => SCRIPT_THREW long long long
function process() {
  throw new Error("long ".repeat(200_000));
}