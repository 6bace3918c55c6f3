// An object with valueOf is no number.
// => {"n":{}}
function process() {
  return { n: Object.defineProperty({}, "valueOf", { value: () => 1 }) };
}