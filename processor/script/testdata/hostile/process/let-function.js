// process is a variable that is changed before it is called.
// => {"n":3}
let process = null;
process = function (rows) {
  return { n: rows.length };
};