// A class whose field makes another of it.
// => SCRIPT_THREW stack overflow
class Node {
  next = new Node();
}
function process() {
  return { node: new Node() };
}