// A setter that sets itself.
// => SCRIPT_THREW 6:20 stack overflow
function process() {
  const o = {
    set total(v) {
      this.total = v;
    },
  };
  o.total = 1;
}