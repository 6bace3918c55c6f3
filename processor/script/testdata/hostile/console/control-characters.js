// Colors of a terminal, a bell, a byte order mark, signs that turn the direction, and what only looks like a line of another level.
// => {"n":1}
// log: LOG \x1b[31mred\x07\x00\x7f\x9b
function process() {
  console.log("\x1b[31mred\x07\x00\x7f\x9b");
  return { n: 1 };
}