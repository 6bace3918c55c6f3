//go:build linux && (amd64 || arm64)

package engine_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

func TestWhatProcessReturnsComesAsJSON(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"null":                        `null`,
		"true":                        `true`,
		"'a'":                         `"a"`,
		"-0":                          `0`,
		"-1":                          `-1`,
		"2**53":                       `9007199254740992`,
		"0.1+0.2":                     `0.30000000000000004`,
		"5e-324":                      `5e-324`,
		"1e21":                        `1e+21`,
		"123456789012345680000":       `123456789012345680000`,
		"1.5e-7":                      `1.5e-7`,
		"0.000001":                    `0.000001`,
		"1.7976931348623157e308":      `1.7976931348623157e+308`,
		`'"\\\n\r\t\b\0\x7f\u2028</'`: "\"\\\"\\\\\\n\\u000d\\u0009\\u0008\\u0000\x7f\u2028</\"",
		`'a' + '\ud83d' + '\ude00'`:   `"a😀"`,
		"[]":                          `[]`,
		"[1,[2,[]],{}]":               `[1,[2,[]],{}]`,
		"({b: 1, a: 2, 1: 3, 0: 4})":  `{"0":4,"1":3,"b":1,"a":2}`,
		"({a: undefined, b: 1})":      `{"b":1}`,
		"({b: 1, a: undefined})":      `{"b":1}`,
		"({[Symbol()]: 1, b: 1})":     `{"b":1}`,
		"Object.create(null)":         `{}`,
		"Object.create(null, {a: {value: 1}, b: {value: 2, enumerable: true}})": `{"b":2}`,
		"Object.freeze({get a() { return this.b }, b: 1})":                      `{"a":1,"b":1}`,
		"new Proxy({a: 1}, {})":                                   `{"a":1}`,
		"new Proxy([1, 2], {})":                                   `[1,2]`,
		"({toJSON() { throw 1 }, __proto__: null, a: 1}, {a: 1})": `{"a":1}`,
		"JSON.parse('{\"__proto__\": 1}')":                        `{"__proto__":1}`,
		"'x'.repeat(3e4) + 'y'":                                   `"` + strings.Repeat("x", 3e4) + `y"`,
		"[[[[[[[[1]]]]]]]]":                                       `[[[[[[[[1]]]]]]]]`,
		"(() => { const a = {}; return [a, a] })()":               `[{},{}]`,
		"new Array(3).fill(0)":                                    `[0,0,0]`,
		"Array.from({length: 99999}, () => 1).length":             `99999`,
	} {
		require.Equal(t, want, string(run(t, "function process() { return "+expression+" }")), expression)
	}
}

func TestWhatIsNoPlainValueIsRefusedWithItsPath(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"undefined":                  "process returns undefined: return an object, and null where there is no value.",
		"NaN":                        "process returns NaN, which is no number that can be kept: return null where there is no",
		"-Infinity":                  "process returns -Infinity, which",
		"{a: 1, kwh: {3: [0, NaN]}}": `In what process returns, kwh["3"][1] is NaN`,
		"{'a \"b\\n': 1n}":           `In what process returns, ["a \"b\n"] is a BigInt`,
		"2n ** 100n":                 "process returns a BigInt",
		"{a: Symbol('x')}":           "a is a symbol",
		"{a: () => 1}":               "a is a function",
		"class A {}":                 "process returns a function",
		"new Proxy(() => 1, {})":     "process returns a function",
		"{a: new Date()}":            "a is an instance of a class, such as Date or Map",
		"new Map()":                  "an instance of a class",
		"new (class A {})()":         "an instance of a class",
		"new Number(1)":              "an instance of a class",
		"Object('a')":                "an instance of a class",
		"Object.create({})":          "an instance of a class",
		"new Uint8Array(2)":          "an instance of a class",
		"/x/":                        "an instance of a class",
		"new Error('x')":             "an instance of a class",
		"{then() {}}":                "then is a function",
		"Promise.resolve(1)":         "process returns a promise: process must not be async",
		"(async () => 1)()":          "a promise",
		"{a: [Promise.reject(1)]}":   "a[0] is a promise",
		"[1, , 2]":                   "an array with holes, or with keys that are no indexes",
		"new Array(3)":               "an array with holes",
		"[1, undefined]":             "[1] is undefined: return null where there is no value.",
		"{share: 1 / 0}":             "share is Infinity, which is no number that can be kept: return null where there is no value.",
		"Object.assign([1], {a: 1})": "an array with holes, or with keys that are no indexes",
		"Object.assign(new Array(2), {0: 1, a: 1})": "an array with holes",
		"/x/.exec('x')":       "an array with holes, or with keys that are no indexes",
		"{a: '\\ud83d'}":      "a is a text with half of a surrogate pair",
		"{a: {'\\ude00': 1}}": "a is an object with a key that holds half of a surrogate pair",
		"(() => { const a = {}; a.b = [a]; return a })()":                                "b[0] is an object that contains itself",
		"[[[[[[[[[1]]]]]]]]]":                                                            "[0][0][0] is nested deeper than 8 levels",
		"Array.from({length: 100_001}, () => 1)":                                         "process returns more than 100000 values",
		"[Array.from({length: 60_000}, () => 1), Array.from({length: 60_000}, () => 1)]": "[1] is more than 100000 values",
	} {
		f := fault(t, "function process() { return (\n"+expression+") }")
		require.Equal(t, definition.ErrorScriptOutputInvalid, f.Code, expression)
		require.Contains(t, f.Message, want, expression)
		require.Zero(t, f.Line)
	}
	require.Equal(t, []definition.Param{{Name: "path", Value: "a[1]"}}, fault(t, "const process = () => ({a: [1, NaN]})").Params)
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	small := func(c *engine.Config) { c.Output = 100 }
	require.Len(t, call(t, compiled(t, "const process = () => 'x'.repeat(98)", small), 0), 100)
	for _, expression := range []string{
		"'x'.repeat(99)", "'x'.repeat(1e6)", "'\\n'.repeat(50)", "'ğ'.repeat(50)",
		"new Array(60).fill(1)", "({['k'.repeat(200)]: 1})",
	} {
		f := fault(t, "const process = () => "+expression, small)
		require.Equal(t, definition.ErrorScriptOutputInvalid, f.Code)
		require.Contains(t, f.Message, "longer than 100 bytes", expression)
	}
}

// Each property is read once, in order, and nothing else of the script is called.
func TestEachPropertyIsReadOnce(t *testing.T) {
	t.Parallel()
	const code = `function process() {
  const seen = [];
  const target = { get a() { seen.push("get a"); return 1 }, b: {} };
  return new Proxy(target, {
    get(t, key) { seen.push("proxy " + String(key)); if (key === "c") return seen; return t[key] },
    ownKeys() { seen.push("keys"); return ["a", "b", "c"] },
    getOwnPropertyDescriptor(t, key) { seen.push("own " + key); return { enumerable: true, configurable: true, value: 0 } },
    getPrototypeOf() { seen.push("prototype"); return Object.prototype },
  });
}`
	require.JSONEq(t, `{"a":1,"b":{},"c":["prototype","keys","own a","own b","own c","proxy a","get a","proxy b","proxy c"]}`,
		string(run(t, code)))
}

func TestWorkLeftForLaterIsRefused(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"Promise.resolve().then(() => 1)", "(async () => { await 1 })()", "import('std')", "(async () => { await import('os') })()",
	} {
		f := fault(t, "function process() { "+statement+"; return {} }")
		require.Equal(t, definition.ErrorScriptOutputInvalid, f.Code, statement)
		require.Contains(t, f.Message, "The script left work for later")
	}
	require.Equal(t, definition.ErrorScriptOutputInvalid, compiled(t, "import('x'); function process() {}").Check().Code)
	require.Equal(t, "{}", string(run(t, "function process() { new Promise(() => 1); (async () => 1)(); return {} }")))
}

// Numbers are written as the language itself writes them.
func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	v := compiled(t, "const process = (rows) => rows.map((row) => [row.kwh, String(row.kwh)])")
	require.Nil(t, v.Begin(nil, 1))
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		d := math.Float64frombits(random.Uint64())
		switch i % 4 {
		case 1:
			d = float64(random.Int64N(1<<55)) / 1000
		case 2:
			d = float64(random.IntN(1000)) * math.Pow(10, float64(random.IntN(40)-20))
		}
		if math.IsNaN(d) || math.IsInf(d, 0) {
			continue
		}
		require.Nil(t, v.AddRow(int64(i+1), []engine.Cell{{}, {}, {Kind: engine.Number, Number: d}}))
	}
	output, f := v.Run()
	require.Nil(t, f)
	for _, pair := range decoded[[][2]json.RawMessage](t, output) {
		require.Equal(t, string(pair[1]), `"`+string(pair[0])+`"`)
	}
}
