// A generator that resumes itself while it runs.
// => SCRIPT_THREW 5:18 TypeError
function process() {
  function* g() {
    yield it.next();
  }
  const it = g();
  it.next();
}