// A match's beginning changes the expression that is being matched.
// => {"n":1}
function process() {
  const re = /a/g;
  re.lastIndex = {
    valueOf() {
      re.compile("(b)(c)(d)(e)");
      return 0;
    },
  };
  re.exec("aaaa");
  "aaaa".replace(/a/g, () => re.compile("x").source);
  return { n: 1 };
}