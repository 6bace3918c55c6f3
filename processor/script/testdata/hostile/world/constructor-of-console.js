// Functions of the host lead nowhere: their constructor makes functions of this world.
// => {"same":true,"made":"object"}
function process() {
  const made = console.log.constructor("return typeof globalThis")();
  return { same: console.log.constructor === Function, made };
}