// process is a proxy of a function whose trap is called in its place.
// => {"n":3}
const process = new Proxy(function () {}, { apply: (target, self, [rows]) => ({ n: rows.length }) });