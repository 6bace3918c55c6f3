// The script empties its rows and its context.
// => {"n":0}
function process(rows, context) {
  rows.splice(0);
  for (const key of Object.keys(context)) delete context[key];
  Object.setPrototypeOf(context, null);
  return { n: rows.length };
}