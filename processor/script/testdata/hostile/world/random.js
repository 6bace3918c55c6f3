// Math.random is the same for the same import and site.
// => {"same":true}
function process() {
  const n = Array.from({ length: 1000 }, Math.random);
  return { same: n.every((x) => x >= 0 && x < 1) && new Set(n).size > 990 };
}