// The prototype of plain objects has a prototype that is a proxy: not possible.
// => SCRIPT_THREW TypeError
Object.setPrototypeOf(Object.prototype, new Proxy({}, {}));
function process() {}