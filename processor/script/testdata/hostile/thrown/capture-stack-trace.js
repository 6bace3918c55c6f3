// Writes stacks onto other objects, the global one too.
// => SCRIPT_THREW Error: captured
function process(rows) {
  Error.captureStackTrace?.(globalThis);
  Error.captureStackTrace?.(rows[0]);
  Error.captureStackTrace?.(Object.prototype);
  throw new Error("captured");
}