// A for loop without end that allocates nothing and calls nothing.
// => SCRIPT_TIMEOUT
function process() {
  for (let i = 0; ; i = (i + 1) | 0);
}