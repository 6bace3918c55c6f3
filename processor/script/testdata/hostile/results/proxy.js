// A proxy is read once: its keys, then each value.
// => {"a":"ownKeys,getOwnPropertyDescriptor a,getOwnPropertyDescriptor b,get a","b":"get b"}
function process() {
  const seen = [];
  return new Proxy({ a: 1, b: 2 }, {
    ownKeys: (target) => (seen.push("ownKeys"), Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, key) => (seen.push("getOwnPropertyDescriptor " + key), Reflect.getOwnPropertyDescriptor(target, key)),
    get: (target, key) => (seen.push("get " + key), seen.splice(0).join()),
  });
}