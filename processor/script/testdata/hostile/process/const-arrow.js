// process is a constant.
// => {"n":3}
const process = (rows) => ({ n: rows.length });