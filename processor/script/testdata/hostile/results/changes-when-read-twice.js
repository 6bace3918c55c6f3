// A getter that gives another value each time: it is read once.
// => {"n":1,"m":"a"}
function process() {
  let n = 0;
  const texts = ["a", {}, Symbol("b")];
  return {
    get n() {
      return ++n === 1 ? 1 : NaN;
    },
    get m() {
      return texts.shift();
    },
  };
}