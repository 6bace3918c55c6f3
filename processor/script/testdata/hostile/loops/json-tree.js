// JSON.stringify walks a tree of 2^40 nodes that its toJSON methods make on the way.
// => SCRIPT_TIMEOUT
function process() {
  const tree = (depth) => ({ toJSON: () => depth && [tree(depth - 1), tree(depth - 1)] });
  return { text: JSON.stringify(tree(40)) };
}