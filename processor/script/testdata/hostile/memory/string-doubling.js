// A text that is doubled: pieces that share their halves, until somebody looks at the whole.
// => SCRIPT_MEMORY
function process() {
  let text = "abc";
  for (let i = 0; i < 26; i++) text += text;
  return { at: text.indexOf("d") };
}