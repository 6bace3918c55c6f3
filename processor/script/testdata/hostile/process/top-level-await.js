// await outside of a function.
// => SCRIPT_THREW
await 1;
function process() {}