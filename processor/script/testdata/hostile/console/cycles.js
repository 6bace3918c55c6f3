// Objects that contain themselves, deep ones and wide ones.
// => {"n":1}
// log: LOG { map: Map(1) { [circular 0] => [circular 0] }, wide: [ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,…
function process() {
  const o = { map: new Map(), wide: new Array(100_000).fill(1) };
  o.self = o;
  o.map.set(o, o);
  let deep = o;
  for (let i = 0; i < 5_000; i++) deep = { deep };
  console.log(o, deep, [o, [deep]], new Set([o]), new Error("x", { cause: o }));
  return { n: 1 };
}