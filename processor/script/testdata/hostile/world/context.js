// Rows and context are as promised.
// => {"rows":[{"site":"A","text":"a","n":1.5},{"site":"A","text":"b","n":2.5},{"site":"A","text":"c","n":null}],"context":{"year":2024,"site":{"key":"A","name":null},"columns":[{"name":"site","type":"STRING","header":"Site"},{"name":"text","type":"STRING","header":null},{"name":"n","type":"NUMBER","header":"N"}]}}
function process(rows, context) {
  return { rows, context };
}