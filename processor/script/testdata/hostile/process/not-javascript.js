// Text that is no JavaScript.
// => SCRIPT_THREW 3:6
Dear server, please add up the column kWh.