// A while loop over exec without the flag g finds the first match for ever.
// => SCRIPT_TIMEOUT
function process(rows) {
  const digits = /[a-z]/;
  let n = 0;
  while (digits.exec(rows[0].text)) n = (n + 1) % 1000;
  return { n };
}