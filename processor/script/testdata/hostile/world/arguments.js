// process gets two arguments and no this.
// => {"n":2,"self":"undefined"}
function process() {
  "use strict";
  return { n: arguments.length, self: typeof this };
}