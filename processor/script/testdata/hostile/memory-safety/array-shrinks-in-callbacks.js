// Callbacks of array methods empty the array that they are called for.
// => {"n":0}
function process(rows) {
  const a = Array.from({ length: 300 }, () => ({}));
  const empty = () => (a.length = 0);
  a.map(empty);
  for (const method of ["sort", "toSorted", "flatMap", "filter", "reduce", "reduceRight", "findLast"]) {
    for (let i = 0; i < 300; i++) a[i] = {};
    a[method](empty, 0);
  }
  for (let i = 0; i < 300; i++) a[i] = { toString: empty };
  a.join();
  a.splice(0, { valueOf: empty });
  return { n: a.length };
}