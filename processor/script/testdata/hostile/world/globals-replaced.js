// Everything that a host might call is replaced by what throws.
// => {"n":3}
const holders = [Object, Object.prototype, Array, Array.prototype, Function.prototype, JSON, Reflect, globalThis];
const names = holders.map(Object.getOwnPropertyNames);
for (let i = 0; i < holders.length; i++) {
  for (let j = 0; j < names[i].length; j++) {
    const name = names[i][j];
    try {
      holders[i][name] = () => {
        throw name;
      };
    } catch {}
  }
}
process = function (rows) {
  return { n: rows.length };
};