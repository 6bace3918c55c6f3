// The code throws before its constant is made: process is in its dead zone.
// => SCRIPT_THREW Error: first
if (globalThis) throw new Error("first");
const process = () => ({});