// An export, as modules have them.
// => SCRIPT_THREW
export function process() {}