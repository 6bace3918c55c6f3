// Values with getters and methods that loop: none is called.
// => {"n":1}
// log: LOG { a: [Getter], toString: [Function loop], toJSON: [Function loop], inspect: [Function loop] }
// log: LOG [ 0: 1, 1: [Getter] ]
// log: LOG {  }
// log: LOG Error
// log: LOG [Function (anonymous)]
function process() {
  const loop = () => { for (;;); };
  console.log({ get a() { return loop(); }, toString: loop, toJSON: loop, inspect: loop });
  console.log(Object.defineProperty([1], 1, { get: loop, enumerable: true }));
  console.log(new (class { static name = loop; get [Symbol.toStringTag]() { return loop(); } })());
  const error = Object.defineProperty(new Error("x"), "message", { get: loop });
  console.log(Object.defineProperty(error, "stack", { value: "" }));
  console.log(Object.defineProperty(() => 1, "name", { get: loop }));
  return { n: 1 };
}
