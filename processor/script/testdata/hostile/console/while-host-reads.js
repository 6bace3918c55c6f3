// A getter of the result writes.
// => {"n":1}
// log: LOG read
function process() {
  return {
    get n() {
      console.log("read");
      return 1;
    },
  };
}