// Changes and deletes what a function's arguments share with its parameters.
// => {"n":3}
function process() {
  const f = function (a, b) {
    delete arguments[0];
    arguments[0] = {};
    Object.defineProperty(arguments, 1, { get: () => (arguments.length = 1e6) });
    a = arguments;
    return [a, b, arguments[1]].length;
  };
  return { n: f(1, 2, 3) };
}