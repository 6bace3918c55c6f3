// Setters and getters for everything that the host reads or writes.
// => {"n":3,"row":{"site":"A","text":"a","n":1.5}}
const accessors = (key) => ({
  __proto__: null,
  get: () => "inherited",
  set() {
    throw new Error("set " + key);
  },
});
const define = Object.defineProperty;
const keys = ["site", "text", "n", "row", "key", "name", "year", "columns", "0", "length", "process", "get", "set", "value", "writable"];
for (const key of keys) define(Object.prototype, key, accessors(key));
define(Array.prototype, 0, accessors("0"));
function process(rows) {
  return { n: rows.length, row: rows[0] };
}