// A line of a megabyte is cut.
// => {"n":1}
// log: truncated
function process() {
  console.log("long ".repeat(200_000));
  return { n: 1 };
}