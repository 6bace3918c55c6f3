// The comments of old browsers are still part of the language.
// => {"n":1}
<!-- hidden
function process() {
  return { n: 1 };
}
--> hidden