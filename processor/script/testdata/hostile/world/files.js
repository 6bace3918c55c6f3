// Files through the modules of the engine's own shell.
// => SCRIPT_THREW ReferenceError
function process() {
  return { passwords: std.loadFile("/etc/passwd") };
}