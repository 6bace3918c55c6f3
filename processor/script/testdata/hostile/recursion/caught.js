// Catches the stack's end and goes on, which is everybody's right.
// => {"deep":true}
function process() {
  let depth = 0;
  const deeper = () => {
    depth++;
    deeper();
  };
  try {
    deeper();
  } catch {
    return { deep: depth > 100 };
  }
}