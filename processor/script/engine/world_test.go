//go:build linux && (amd64 || arm64)

package engine_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/globals.txt again; look at what changed")

// everything walks all that a script can reach by name from the global object, and lists it.
const everything = `function process() {
  const lines = [], seen = new Set(), queue = [];
  const nameOf = (key) => typeof key === "symbol" ? "[" + key.description + "]" : key;
  const walk = (value, path) => {
    if (value === null || typeof value !== "object" && typeof value !== "function") return;
    if (seen.has(value)) return;
    seen.add(value);
    queue.push([value, path]);
  };
  const list = (value, path) => {
    for (const key of Reflect.ownKeys(value)) {
      if (["length", "name", "arguments", "caller", "callee"].includes(key) && typeof value === "function") continue;
      const own = Reflect.getOwnPropertyDescriptor(value, key), at = path ? path + "." + nameOf(key) : nameOf(key);
      lines.push(at + (own.get || own.set ? " (accessor)" : ""));
      for (const part of [own.value, own.get, own.set]) walk(part, at);
    }
    walk(Reflect.getPrototypeOf(value), path + ".__proto__");
  };
  const walkAll = () => { for (let next; next = queue.shift(); ) list(...next); };
  walk(globalThis, "");
  walkAll();
  const syntax = { generator: function* () {}, async: async () => {}, asyncGenerator: async function* () {}, iterator: [][Symbol.iterator](),
    map: new Map().entries(), set: new Set().values(), string: ""[Symbol.iterator](), regexp: "".matchAll(/x/g),
    helper: [].values().map((x) => x), wrap: Iterator.from({ next() {} }), typed: new Uint8Array() };
  for (const key in syntax) walk(Reflect.getPrototypeOf(syntax[key]), "(" + key + ")");
  walkAll();
  return lines;
}`

// The list is reviewed: what is new in it after the engine's upgrade must be as harmless as the rest.
func TestScriptsReachTheLanguageAndNothingElse(t *testing.T) {
	t.Parallel()
	const golden = "testdata/globals.txt"
	lines := strings.Join(decoded[[]string](t, run(t, everything)), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(lines), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), lines)
	for _, name := range []string{
		"std", "os", "bjson", "Worker", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "performance",
		"setTimeout", "setInterval", "queueMicrotask", "gc", "print", "require", "scriptArgs", "navigator", "fetch", "Intl",
	} {
		require.NotContains(t, "\n"+lines, "\n"+name+"\n")
	}
}

func TestTheClockStandsInUTC(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"Date.now()":                                 `946684800000`,
		"new Date().toISOString()":                   `"2000-01-01T00:00:00.000Z"`,
		"Date()":                                     `"Sat Jan 01 2000 00:00:00 GMT+0000"`,
		"Date(2024, 1)":                              `"Sat Jan 01 2000 00:00:00 GMT+0000"`,
		"+new Date(undefined) + ''":                  `"NaN"`,
		"+Reflect.construct(Date, [])":               `946684800000`,
		"+new (class extends Date {})()":             `946684800000`,
		"+new (new Date().constructor)()":            `946684800000`,
		"+new Date.prototype.constructor()":          `946684800000`,
		"new Date(2024, 6, 1).toISOString()":         `"2024-07-01T00:00:00.000Z"`,
		"new Date(2024, 6, 1).getTimezoneOffset()":   `0`,
		"new Date('2024-07-01T12:00').toISOString()": `"2024-07-01T12:00:00.000Z"`,
		"new Date(0).toLocaleString()":               `"01/01/1970, 12:00:00 AM"`,
		"Date.UTC(2024, 0)":                          `1704067200000`,
		"new Date() instanceof Date":                 `true`,
		"Date.name + Date.length":                    `"Date7"`,
		"Object.keys(globalThis).length":             `1`,
	} {
		require.Equal(t, want, string(run(t, "function process() { return "+expression+" }")), expression)
	}
}

// Nothing that a call did to its world is there in the next: the heap is the same, byte for byte.
func TestNothingSurvivesACall(t *testing.T) {
	t.Parallel()
	const code = `
let count = 0;
globalThis.calls = (globalThis.calls ?? 0) + 1;
const registry = Symbol.for("left behind");
function process(rows, context) {
  const found = { count: count++, calls, dirty: [].dirty ?? null, json: JSON.left ?? null, date: Date.left ?? null,
    symbol: Object.prototype[registry] ?? null, context: context.left ?? null, console: console.left ?? null,
    lastMatch: RegExp.$1 ?? null, frozen: Object.isFrozen(Array.prototype), random: Math.random(), rows: rows.length };
  for (const o of [JSON, Date, context, console, rows]) o.left = 1;
  Array.prototype.dirty = 1;
  Object.prototype[registry] = 1;
  Array.prototype.push = () => { throw 1 };
  Object.defineProperty(Object.prototype, "site", { set() { throw 2 }, get() { throw 3 }, configurable: false });
  Object.freeze(Array.prototype);
  /(b)/.exec("abc");
  globalThis.Math = globalThis.Object = globalThis.Symbol = globalThis.process = undefined;
  Promise.prototype.then = 1;
  const garbage = [];
  for (let i = 0; i < 1000; i++) { const a = {}; a.a = a; garbage[i] = [a, "text " + i, new Map([[a, i]])]; }
  return found;
}`
	v := compiled(t, code)
	first := call(t, v, 3)
	heap := v.HeapImage()
	require.Contains(t, string(first), `"count":0,"calls":1,"dirty":null,"json":null,"date":null,"symbol":null`)
	for range 3 {
		require.Equal(t, string(first), string(call(t, v, 3)))
		require.Equal(t, heap, v.HeapImage(), "even its garbage is the same")
	}
	require.NotEqual(t, string(first), string(call(t, v, 2)))
	require.Equal(t, string(first), string(call(t, v, 3)))
}

func TestRandomNumbersComeFromTheSeed(t *testing.T) {
	t.Parallel()
	v := compiled(t, "const top = Math.random(); function process() { return [top, Math.random(), Math.random()] }")
	of := func(seed uint64) []float64 {
		require.Nil(t, v.Begin(nil, seed))
		output, f := v.Run()
		require.Nil(t, f)
		return decoded[[]float64](t, output)
	}
	one := of(1)
	require.Equal(t, one, of(1))
	require.Equal(t, one, of(0), "zero would stay zero")
	require.NotEqual(t, one, of(2))
	require.NotEqual(t, one[0], one[1])
	for _, n := range one {
		require.True(t, n >= 0 && n < 1)
	}
}
