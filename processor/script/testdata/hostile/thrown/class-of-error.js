// A class that inherits from Error and whose name is an object.
// => SCRIPT_THREW
function process() {
  throw new (class extends Error {
    name = {};
    message = [];
  })();
}