// A function bound ten thousand times, its name kept short, then called.
// => SCRIPT_THREW stack overflow
function process() {
  let f = () => 1;
  for (let i = 0; i < 10_000; i++) f = Object.defineProperty(f.bind(null), "name", { value: "" });
  return { n: f() };
}