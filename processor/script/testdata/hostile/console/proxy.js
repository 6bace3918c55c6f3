// A proxy whose traps loop.
// => {"n":1}
// log: LOG Object {  }
function process() {
  const loop = () => { for (;;); };
  console.log(new Proxy({}, { get: loop, has: loop, ownKeys: loop, getPrototypeOf: loop, getOwnPropertyDescriptor: loop }));
  return { n: 1 };
}