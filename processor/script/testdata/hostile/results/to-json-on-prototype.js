// toJSON on the prototype of all objects and numbers.
// => {"n":1,"o":{"m":2}}
Object.prototype.toJSON = () => "hidden";
Number.prototype.toJSON = () => "hidden";
String.prototype.toJSON = () => "hidden";
function process() {
  return { n: 1, o: { m: 2 } };
}