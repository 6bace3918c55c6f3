// The name of a function that is bound again and again grows by a word each time.
// => SCRIPT_MEMORY
function process() {
  let f = () => 1;
  for (;;) f = f.bind(null);
}