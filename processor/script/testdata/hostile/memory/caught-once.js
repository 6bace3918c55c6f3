// Asks for too much in one piece, catches that, and goes on with little.
// => SCRIPT_MEMORY
function process() {
  let n = 0;
  try {
    n = new Uint8Array(2 ** 30).length;
  } catch {
    n = 1;
  }
  return { n };
}