// A line of a megabyte is cut.
// => {"n":1}
// log: LOG long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long…
function process() {
  console.log("long ".repeat(200_000));
  return { n: 1 };
}