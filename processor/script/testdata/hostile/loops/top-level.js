// The loop runs before there is a process: when the code is checked.
// => SCRIPT_TIMEOUT
for (;;);
function process() {}