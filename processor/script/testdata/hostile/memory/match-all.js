// All matches of an empty expression in a long text.
// => SCRIPT_MEMORY
function process() {
  return { n: [..."a".repeat(1_000_000).matchAll(/(?:)/g)].length };
}