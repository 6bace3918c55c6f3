// The script changes the clock of its own world.
// => {"n":5,"year":1970}
function process() {
  Date.now = () => 5;
  const Other = class extends Date {
    constructor() {
      super(Date.now());
    }
  };
  globalThis.Date = Other;
  return { n: Date.now(), year: new Date().getUTCFullYear() };
}