// instanceof calls a method that loops.
// => SCRIPT_TIMEOUT
function process(rows) {
  return { is: rows instanceof { [Symbol.hasInstance]() { for (;;); } } };
}