// Three functions that call each other.
// => SCRIPT_THREW stack overflow
const a = () => b() + 1;
const b = () => c() + 1;
const c = () => a() + 1;
function process() {
  return { n: a() };
}