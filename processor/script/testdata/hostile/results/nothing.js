// process returns nothing.
// => SCRIPT_OUTPUT_INVALID undefined
function process() {}