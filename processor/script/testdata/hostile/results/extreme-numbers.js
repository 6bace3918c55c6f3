// The largest and smallest numbers there are.
// => {"a":1.7976931348623157e+308,"b":5e-324,"c":9007199254740994,"d":1e+21,"e":123456789012345680000,"f":1e-7,"g":0.000001,"h":0.1,"i":0.30000000000000004,"j":-1.5}
function process() {
  return {
    a: Number.MAX_VALUE, b: Number.MIN_VALUE, c: 2 ** 53 + 2, d: 1e21, e: 123456789012345678901, f: 1e-7, g: 1e-6, h: 0.1, i: 0.1 + 0.2,
    j: -1.5,
  };
}