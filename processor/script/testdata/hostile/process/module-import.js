// An import of a module.
// => SCRIPT_THREW 3:8
import * as fs from "fs";
function process() {}