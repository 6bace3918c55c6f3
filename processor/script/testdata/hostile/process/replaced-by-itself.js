// process replaces itself while it runs.
// => {"n":1}
function process() {
  process = 5;
  return { n: 1 };
}