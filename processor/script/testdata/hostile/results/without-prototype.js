// An object without a prototype is as good as any.
// => {"n":1}
function process() {
  return Object.assign(Object.create(null), { n: 1 });
}