// The script freezes its rows and changes them all the same.
// => SCRIPT_THREW 6:10 TypeError
function process(rows) {
  "use strict";
  Object.freeze(rows[0]);
  rows[0].n = 2;
}