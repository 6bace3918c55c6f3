// A comparison calls valueOf, which loops.
// => SCRIPT_TIMEOUT
function process(rows) {
  return { less: { valueOf() { for (;;); } } < rows.length };
}