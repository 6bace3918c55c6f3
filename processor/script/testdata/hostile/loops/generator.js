// A generator without end.
// => SCRIPT_TIMEOUT
function process() {
  function* naturals() {
    for (let n = 0; ; n++) yield n;
  }
  let sum = 0;
  for (const n of naturals()) sum += n;
  return { sum };
}