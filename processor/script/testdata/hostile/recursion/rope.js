// A text that is put together from ten thousand pieces, at its front.
// => {"n":10000}
function process() {
  let text = "";
  for (let i = 0; i < 10_000; i++) text = String.fromCharCode(97 + (i % 26)) + text;
  return { n: text.replace(/[^a-z]/g, "").length };
}