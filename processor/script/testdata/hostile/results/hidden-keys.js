// Keys that are not enumerable, and inherited ones.
// => {"n":1}
Object.prototype.inherited = 1;
function process() {
  return Object.defineProperty({ n: 1 }, "hidden", { value: 2 });
}