// Catches the end of the memory, lets go of everything, and says that all is well.
// => SCRIPT_MEMORY
function process() {
  let kept = [];
  try {
    for (;;) kept.push(new Array(1000).fill(0));
  } catch {
    kept = null;
    return { caught: true };
  }
}