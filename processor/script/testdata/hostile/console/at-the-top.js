// Lines of the code around process come first; the same code runs for every site.
// => {"n":1}
// log: LOG top
// log: LOG process
console.log("top");
function process() {
  console.log("process");
  return { n: 1 };
}