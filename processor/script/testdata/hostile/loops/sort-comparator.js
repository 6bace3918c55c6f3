// The comparator of a sort loops.
// => SCRIPT_TIMEOUT
function process() {
  [3, 2, 1].sort(() => { for (;;); });
}