// Keys that JSON has to escape.
// => {"":1,"\"":2,"\\":3,"\n":4,"\u0000":5,"constructor":6,"</script>":7}
function process() {
  return { "": 1, '"': 2, "\\": 3, "\n": 4, "\0": 5, constructor: 6, "</script>": 7 };
}