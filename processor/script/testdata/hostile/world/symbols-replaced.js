// Methods that well-known symbols name loop where the host might meet them.
// => {"n":3}
const symbols = [Symbol.toPrimitive, Symbol.iterator, Symbol.toStringTag, Symbol.isConcatSpreadable, Symbol.species];
const holders = [Object.prototype, Array.prototype, Function.prototype, Array];
for (let i = 0; i < symbols.length; i++) {
  for (let j = 0; j < holders.length; j++) {
    Object.defineProperty(holders[j], symbols[i], {
      configurable: true,
      get() {
        for (;;);
      },
    });
  }
}
function process(rows) {
  return { n: rows.length };
}