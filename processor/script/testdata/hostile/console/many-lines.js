// Ten thousand lines: the first are kept.
// => {"n":1}
// log: truncated
function process() {
  for (let i = 0; i < 10_000; i++) console.log("line", i);
  return { n: 1 };
}