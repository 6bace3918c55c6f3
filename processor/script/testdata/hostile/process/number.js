// process is a number.
// => SCRIPT_THREW no function
var process = 3;