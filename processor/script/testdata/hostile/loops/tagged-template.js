// A template calls a tag that loops.
// => SCRIPT_TIMEOUT
function process() {
  const tag = () => { for (;;); };
  return tag`${1}`;
}