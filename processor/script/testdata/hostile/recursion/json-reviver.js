// A reviver of JSON.parse that parses.
// => SCRIPT_THREW stack overflow
function process() {
  const deeper = () => JSON.parse('{"a":1}', deeper);
  return deeper();
}