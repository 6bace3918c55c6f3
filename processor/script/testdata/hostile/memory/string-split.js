// A text is split into its letters, and these are kept with others.
// => SCRIPT_MEMORY
function process() {
  const kept = [];
  for (;;) kept.push("letters".repeat(10_000).split(""));
}