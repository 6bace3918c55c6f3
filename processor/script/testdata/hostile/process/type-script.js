// A type, as TypeScript has them.
// => SCRIPT_THREW 3:22
function process(rows: Row[]) {
  return {};
}