// A regular expression that repeats a group a thousand times a thousand times.
// => SCRIPT_MEMORY
function process() {
  let source = "abcdefgh";
  for (let i = 0; i < 20; i++) source = `(?:${source}|${source})`;
  return { found: new RegExp(source).test("a") };
}