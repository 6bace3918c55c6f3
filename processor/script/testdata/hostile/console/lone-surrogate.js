// Half of a character.
// => {"n":1}
// log: LOG half � whole 😀
function process() {
  console.log("half \ud83d whole \ud83d\ude00");
  return { n: 1 };
}