// String.raw puts together what says it has a billion parts.
// => SCRIPT_MEMORY
function process() {
  const part = "part".repeat(100_000);
  return { n: String.raw({ raw: new Proxy({}, { get: (_, key) => (key === "length" ? 1e9 : part) }) }).length };
}