// import.meta, which only modules have.
// => SCRIPT_THREW
function process() {
  return { url: import.meta.url };
}