// Every function of the console, in order.
// => {"n":6}
// log: LOG a 1 true null undefined
// log: INFO { n: 1, list: [ 1, 2 ] }
// log: WARN -0
// log: ERROR Error: x
// log: LOG debug
// log: LOG
function process() {
  console.log("a", 1, true, null, undefined);
  console.info({ n: 1, list: [1, 2] });
  console.warn(-0);
  console.error(String(new Error("x")));
  console.debug("debug");
  console.log();
  return { n: 6 };
}