// Everything global is deleted.
// => {"n":3}
const global = globalThis;
for (const name of Reflect.ownKeys(global)) delete global[name];
function process(rows) {
  return { n: rows.length };
}