// Shared memory and waiting on it are not there; a wait would stop the thread.
// => SCRIPT_THREW ReferenceError
function process() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);
}