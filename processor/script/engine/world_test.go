//go:build linux && (amd64 || arm64)

package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is left out of the language, or no part of it. All that is there, package script's tests list.
func TestScriptsReachTheLanguageAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"std", "os", "bjson", "Worker", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "performance",
		"setTimeout", "setInterval", "queueMicrotask", "gc", "print", "require", "scriptArgs", "navigator", "fetch", "Intl",
	} {
		require.Equal(t, `"undefined"`, string(run(t, "function process() { return typeof "+name+" }")), name)
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
