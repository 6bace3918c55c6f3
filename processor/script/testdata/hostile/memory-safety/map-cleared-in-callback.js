// A map is emptied and filled while it is gone through.
// => {"n":1}
function process() {
  const map = new Map(Array.from({ length: 1000 }, (_, i) => [i, i]));
  const entries = map.entries();
  let more = 10;
  map.forEach(() => {
    map.clear();
    entries.next();
    if (more-- > 0) map.set({}, 1);
    else map.set("last", 1);
    if (more < -10) map.delete("last"), map.set("last", 1), map.forEach(() => map.clear());
  });
  map.set("again", 1);
  return { n: map.size };
}