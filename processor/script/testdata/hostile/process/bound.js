// process is a bound function.
// => {"n":3}
const process = ((rows) => ({ n: rows.length })).bind(null);