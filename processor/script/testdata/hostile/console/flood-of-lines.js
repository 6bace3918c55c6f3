// A line for ever.
// => SCRIPT_TIMEOUT
// log: truncated
function process() {
  for (let i = 0; ; i++) console.log("line");
}