// Half of a character in a message.
// => SCRIPT_THREW Error: half �
function process() {
  throw new Error("half \ud83d");
}