// A getter of the result deletes what is read next, and drops all of it.
// => {"a":1,"c":{"d":1}}
function process() {
  const o = {
    get a() {
      delete this.b;
      this.c = { d: 1 };
      return 1;
    },
    b: { text: "x".repeat(1000) },
    c: 1,
  };
  return o;
}