// What was written before the time ended is kept.
// => SCRIPT_TIMEOUT
// log: LOG about to loop
function process() {
  console.log("about to loop");
  for (;;);
}