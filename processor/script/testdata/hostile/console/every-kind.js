// One value of every kind.
// => {"n":1}
// log: LOG Symbol(s) 10000000000000000000000000000000000000000n /a+/g 1970-01-01T00:00:00.000Z NaN -Infinity [ 1: 1, 3: 2 ]
// log: LOG [Function (anonymous)] [Function A] [Function g] [Function (anonymous)] [Function log] [Function max]
// log: LOG Map(1) { 1 => 2 } Set(1) { 1 } WeakMap {  } Promise {  }
// log: LOG Uint8Array(3) [ 0, 0, 0 ] ArrayBuffer {  } DataView {  } [ <4294967295 empty items> ]
// log: LOG {  } Number {  } String {  } BigInt {  } { x: 1, "#y": 2 }
// log: LOG true {  } {  } {  } "Array Iterator" {  } Arguments {  }
function process() {
  console.log(Symbol("s"), 10n ** 40n, /a+/g, new Date(0), NaN, -Infinity, [, 1, , 2]);
  console.log(() => 1, class A {}, function* g() {}, async () => 1, console.log, Math.max);
  console.log(new Map([[1, 2]]), new Set([1]), new WeakMap(), Promise.resolve(1));
  console.log(new Uint8Array(3), new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), new Array(2 ** 32 - 1));
  console.log(Object.create(null), new Number(1), new String("s"), Object(1n), new (class Point { x = 1; #y = 2; })());
  console.log(globalThis === this, Math, JSON, Reflect, [][Symbol.iterator](), (function () { return arguments; })(1, 2));
  return { n: 1 };
}
