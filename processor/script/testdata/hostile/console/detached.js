// Its functions need no this, and are no constructors.
// => SCRIPT_THREW TypeError
// log: LOG detached
// log: WARN 1,2
function process() {
  const { log } = console;
  log("detached");
  Reflect.apply(console.warn, 5, [[1, 2].join()]);
  new console.log("not a constructor");
}