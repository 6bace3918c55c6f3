// An async function runs until its first await, which never comes.
// => SCRIPT_TIMEOUT
async function process() {
  for (;;);
}