// A finally block returns in the place of what was thrown.
// => {"n":1}
function process() {
  try {
    throw new Error("lost");
  } finally {
    return { n: 1 };
  }
}