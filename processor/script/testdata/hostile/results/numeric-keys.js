// Keys that look like numbers come first, in their order.
// => {"1":"b","2":"a","10":"c","b":1,"a":2,"01":"d","-1":"e"}
function process() {
  return { b: 1, a: 2, 2: "a", 1: "b", 10: "c", "01": "d", "-1": "e" };
}