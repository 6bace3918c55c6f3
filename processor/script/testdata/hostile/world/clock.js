// The clock stands still, however it is asked.
// => {"now":946684800000,"new":946684800000,"text":"Sat Jan 01 2000 00:00:00 GMT+0000","later":0}
function process() {
  const start = Date.now();
  for (let i = 0; i < 10_000; i++);
  return { now: start, new: +new Date(), text: Date(), later: new Date() - start };
}