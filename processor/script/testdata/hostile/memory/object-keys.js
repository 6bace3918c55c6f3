// An object with ever more keys.
// => SCRIPT_MEMORY
function process() {
  const o = {};
  for (let i = 0; ; i++) o["some long key of an object that has many " + i] = i;
}