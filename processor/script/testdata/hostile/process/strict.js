// A script in strict mode writes to a variable that is not declared.
// => SCRIPT_THREW 5:3 ReferenceError
"use strict";
function process() {
  undeclared = 1;
}