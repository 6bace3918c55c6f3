// An array that is doubled until there is no room.
// => SCRIPT_MEMORY
function process() {
  let a = [1];
  for (;;) a = a.concat(a);
}