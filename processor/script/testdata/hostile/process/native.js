// process is a native function of the language: what comes of it is the caller's to judge.
// => ["0","1","2"]
const process = Object.keys;
