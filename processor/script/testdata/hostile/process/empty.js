// No code at all but this comment.
// => SCRIPT_THREW no function process