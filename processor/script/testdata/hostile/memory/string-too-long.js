// A text longer than any may be, which the script can catch.
// => {"message":"invalid string length"}
function process() {
  try {
    return { text: "xx".repeat(2 ** 30) };
  } catch (e) {
    return { message: e.message };
  }
}