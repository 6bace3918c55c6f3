// for-of over an iterator that is never done.
// => SCRIPT_TIMEOUT
function process() {
  const numbers = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) };
  for (const n of numbers);
}