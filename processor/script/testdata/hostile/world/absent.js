// What browsers and servers have, and scripts have not.
// => {"found":""}
function process() {
  const names = `setTimeout setInterval setImmediate clearTimeout queueMicrotask requestAnimationFrame fetch XMLHttpRequest WebSocket
    EventSource navigator location document window self global localStorage indexedDB performance crypto Intl WebAssembly Worker
    structuredClone require module exports Deno Bun Buffer std os bjson scriptArgs print gc load loadFile Atomics
    SharedArrayBuffer WeakRef FinalizationRegistry ShadowRealm TextEncoder URL Blob importScripts postMessage __filename __dirname`;
  return { found: names.split(/\s+/).filter((name) => name in globalThis || eval("typeof " + name) !== "undefined").join() };
}