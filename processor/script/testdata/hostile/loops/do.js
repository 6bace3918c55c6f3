// A do loop whose condition is never false.
// => SCRIPT_TIMEOUT
function process(rows) {
  let n = 0;
  do n = rows.length;
  while (n === rows.length);
}