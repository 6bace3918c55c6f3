// Looks for a text that is almost everywhere in another, twenty thousand letters at a time.
// => SCRIPT_TIMEOUT
function process() {
  const text = "a".repeat(2_000_000);
  let n = 0;
  for (let i = 0; i < 100; i++) n += text.indexOf("a".repeat(200_000) + "b");
  return { n };
}