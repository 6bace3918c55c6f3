// padEnd to half a billion letters.
// => SCRIPT_MEMORY
function process() {
  return { text: "x".padEnd(2 ** 29, "yz") };
}