// A symbol cannot be made a text.
// => SCRIPT_THREW Symbol(kwh)
function process() {
  throw Symbol("kwh");
}