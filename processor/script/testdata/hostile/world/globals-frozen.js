// The global object takes nothing more.
// => {"n":1}
var process = () => ({ n: 1 });
Object.freeze(globalThis);
Object.freeze(Object.prototype);
Object.freeze(Array.prototype);