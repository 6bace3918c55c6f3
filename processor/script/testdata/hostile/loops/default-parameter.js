// process never gets to its body: a default value loops.
// => SCRIPT_TIMEOUT
function process(rows, context, more = (() => { for (;;); })()) {
  return { more };
}