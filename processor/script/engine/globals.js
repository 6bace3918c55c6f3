// What a script's world lacks or sees otherwise. Runs once, before the picture of the heap is taken.
(() => {
  const start = 946684800000; // 2000-01-01T00:00:00Z
  const { construct } = Reflect;
  const Clock = Date;
  const shown = new Clock(start).toString();
  Clock.now = { now() { return start; } }.now;
  // The constructor itself reads the machine's clock and is out of reach behind this one.
  globalThis.Date = new Proxy(Clock, {
    apply: () => shown,
    construct: (target, values, as) => construct(target, values.length ? values : [start], as),
  });
  Clock.prototype.constructor = Date;
  for (const holder of [globalThis, Clock]) {
    for (const name of holder === Clock ? ["now"] : ["Date"]) {
      Object.defineProperty(holder, name, { writable: true, enumerable: false, configurable: true });
    }
  }
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;
})();
