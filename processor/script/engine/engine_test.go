//go:build linux && (amd64 || arm64)

package engine_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

// compiled is a VM with code that is expected to compile.
func compiled(t *testing.T, code string, change ...func(*engine.Config)) *engine.VM {
	t.Helper()
	c := config(code)
	for _, f := range change {
		f(&c)
	}
	v, err := engine.New(c)
	require.NoError(t, err)
	t.Cleanup(v.Close)
	require.Nil(t, v.Compile())
	return v
}

// begin begins a call with so many rows, of the numbers 1, 2, ….
func begin(t *testing.T, v *engine.VM, rows int) {
	t.Helper()
	require.Nil(t, v.Begin(&engine.Site{Key: "A", Name: "Ä"}, 42))
	for i := range rows {
		require.Nil(t, v.AddRow(int64(10*i+10), []engine.Cell{
			{Kind: engine.Text, Text: []byte("A")}, {Kind: engine.Text, Text: []byte("2024-01")}, {Kind: engine.Number, Number: float64(i) + 0.5},
		}))
	}
}

func call(t *testing.T, v *engine.VM, rows int) []byte {
	t.Helper()
	begin(t, v, rows)
	output, f := v.Run()
	require.Nil(t, f)
	return output
}

// run runs code without rows.
func run(t *testing.T, code string) []byte {
	t.Helper()
	return call(t, compiled(t, code), 0)
}

func decoded[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &v), "%s", text)
	return v
}

// fault is what comes of code that fails, with three rows.
func fault(t *testing.T, code string, change ...func(*engine.Config)) *engine.Fault {
	t.Helper()
	c := config(code)
	for _, f := range change {
		f(&c)
	}
	v, err := engine.New(c)
	require.NoError(t, err)
	t.Cleanup(v.Close)
	if f := v.Compile(); f != nil {
		return f
	}
	begin(t, v, 3)
	output, f := v.Run()
	require.NotNil(t, f, "it gave %s", output)
	require.Nil(t, output)
	return f
}

func TestRowsAndContextAreAsTheyAreGiven(t *testing.T) {
	t.Parallel()
	v := compiled(t, "function process(rows, context) { return { rows, context, arguments: arguments.length, this: this === globalThis } }")
	require.Nil(t, v.Begin(nil, 1))
	for i, number := range []float64{0, math.Copysign(0, -1), -1.5, 1 << 31, -1 << 31, 1e300} {
		kind := engine.Kind(i % 5)
		require.Nil(t, v.AddRow(int64(i+1), []engine.Cell{
			{Kind: kind, Text: []byte("a\x00ğ😀"), Number: 7},
			{Kind: engine.Text, Text: []byte(strings.Repeat("long ", i*5))},
			{Kind: engine.Number, Number: number},
		}))
	}
	output, f := v.Run()
	require.Nil(t, f)
	require.JSONEq(t, `{"rows":[
		{"site":null,"month":"","kwh":0},
		{"site":7,"month":"long long long long long ","kwh":0},
		{"site":"a\u0000ğ😀","month":"`+strings.Repeat("long ", 10)+`","kwh":-1.5},
		{"site":false,"month":"`+strings.Repeat("long ", 15)+`","kwh":2147483648},
		{"site":true,"month":"`+strings.Repeat("long ", 20)+`","kwh":-2147483648},
		{"site":null,"month":"`+strings.Repeat("long ", 25)+`","kwh":1e300}],
		"context":{"year":2024,"site":null,"columns":[{"name":"site","type":"STRING","header":"Site"},
		{"name":"month","type":"STRING","header":null},{"name":"kwh","type":"NUMBER","header":"kWh"}]},
		"arguments":2,"this":true}`, string(output))

	require.Equal(t, `"-0"`, string(zeros(t)))
	require.Equal(t, `{"year":null,"site":{"key":"A","name":"Ä"},"columns":[]}`, string(call(t,
		compiled(t, "const process = (rows, context) => context", func(c *engine.Config) { c.Year, c.Columns = 0, nil }), 0)))
}

// zeros tells whether a minus zero arrives as one.
func zeros(t *testing.T) []byte {
	t.Helper()
	v := compiled(t, "function process(rows) { return Object.is(rows[0].kwh, -0) ? '-0' : '0' }")
	require.Nil(t, v.Begin(nil, 1))
	require.Nil(t, v.AddRow(1, []engine.Cell{{}, {}, {Kind: engine.Number, Number: math.Copysign(0, -1)}}))
	output, f := v.Run()
	require.Nil(t, f)
	return output
}

// A column may have any name, of a property that every object has too.
func TestColumnsMayHaveAnyName(t *testing.T) {
	t.Parallel()
	names := []string{"__proto__", "constructor", "toString", "1", "0", "", "a b", "ğ😀", "length", "hasOwnProperty"}
	v := compiled(t, "function process(rows) { return rows.map((row) => Object.keys(row).map((key) => [key, row[key]])) }",
		func(c *engine.Config) {
			c.Columns = nil
			for _, name := range names {
				c.Columns = append(c.Columns, engine.Column{Name: name})
			}
		})
	require.Nil(t, v.Begin(nil, 1))
	cells := make([]engine.Cell, len(names))
	for i := range cells {
		cells[i] = engine.Cell{Kind: engine.Number, Number: float64(i)}
	}
	require.Nil(t, v.AddRow(1, cells))
	output, f := v.Run()
	require.Nil(t, f)
	require.Equal(t, `[[["0",4],["1",3],["__proto__",0],["constructor",1],["toString",2],["",5],["a b",6],["ğ😀",7],["length",8],`+
		`["hasOwnProperty",9]]]`, string(output))
}

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
		"'x'.repeat(30000) + 'y'.repeat(30000)":                   `"` + strings.Repeat("x", 30000) + strings.Repeat("y", 30000) + `"`,
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
		"NaN":                        "process returns NaN, which is no number that can be kept: return null where there is no value.",
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
		"[1, undefined]":             "[1] is undefined",
		"Object.assign([1], {a: 1})": "an array with holes, or with keys that are no indexes",
		"Object.assign(new Array(2), {0: 1, a: 1})": "an array with holes",
		"/x/.exec('x')":       "an array with holes, or with keys that are no indexes",
		"{a: '\\ud83d'}":      "a is a text with half of a surrogate pair",
		"{a: {'\\ude00': 1}}": "a is an object with a key that holds half of a surrogate pair",
		"(() => { const a = {}; a.b = [a]; return a })()":                                "b[0] is an object that contains itself",
		"[[[[[[[[[1]]]]]]]]]":                                                            "[0][0][0][0][0][0][0][0] is nested deeper than 8 levels",
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
		"'x'.repeat(99)", "'x'.repeat(20e6)", "'\\n'.repeat(50)", "new Array(60).fill(1)", "({['k'.repeat(200)]: 1})", "'ğ'.repeat(50)",
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
  const target = { get a() { seen.push("get a"); return 1 }, b: { toJSON() { seen.push("toJSON") }, valueOf() { seen.push("valueOf") } } };
  delete target.b.toJSON; delete target.b.valueOf;
  return new Proxy(target, {
    get(t, key) { seen.push("proxy " + String(key)); if (key === "c") return seen; return t[key] },
    ownKeys() { seen.push("keys"); return ["a", "b", "c"] },
    getOwnPropertyDescriptor(t, key) { seen.push("own " + key); return { enumerable: true, configurable: true, value: 0 } },
    getPrototypeOf() { seen.push("prototype"); return Object.prototype },
  });
}`
	require.JSONEq(t, `{"a":1,"b":{},"c":["prototype","keys","own a","own b","own c","proxy a","get a","proxy b","proxy c"]}`, string(run(t, code)))
}

func TestThrownValuesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]struct {
		message string
		at      [2]int
		row     int64
	}{
		"null.x":                               {"The script threw at line 2, column 6: TypeError: cannot read property 'x' of null", [2]int{2, 6}, 0},
		"throw new RangeError('a')":            {"The script threw at line 2, column 22: RangeError: a", [2]int{2, 22}, 0},
		"throw null":                           {"The script threw: null", [2]int{}, 0},
		"throw undefined":                      {"The script threw: undefined", [2]int{}, 0},
		"throw 'a\\nb\\x1b'":                   {"The script threw: a b\\x1b", [2]int{}, 0},
		"throw ''":                             {"The script threw: an empty text", [2]int{}, 0},
		"throw 1n":                             {"The script threw: 1n", [2]int{}, 0},
		"throw {a: [1]}":                       {"The script threw: { a: [ 1 ] }", [2]int{}, 0},
		"throw Symbol('x')":                    {"The script threw: Symbol(x)", [2]int{}, 0},
		"throw new Error()":                    {"The script threw at line 2, column 17: Error", [2]int{2, 17}, 0},
		"throw '\\ud800'":                      {"The script threw: \uFFFD", [2]int{}, 0},
		"throw 'x'.repeat(9999)":               {"The script threw: " + strings.Repeat("x", 499) + "…", [2]int{}, 0},
		"throw rows":                           {"The script threw: [ { site: ", [2]int{}, 0},
		"throw rows[1]":                        {"The script threw: { site: \"A\", month: \"2024-01\", kwh: 1.5 }", [2]int{}, 0},
		"throw {row: rows[1]}":                 {"The script threw about row 20: { row: {", [2]int{}, 20},
		"throw {row: 20}":                      {"The script threw: { row: 20 }", [2]int{}, 0},
		"throw {row: {...rows[1]}}":            {"The script threw: { row: {", [2]int{}, 0},
		"throw {get row() { return rows[1] }}": {"The script threw: { row: [Getter] }", [2]int{}, 0},
		"const row = rows.pop(); rows.length = 0; throw {row}":             {"The script threw about row 30: ", [2]int{}, 30},
		"throw Object.assign(new Error('bad'), {row: rows[0]})":            {"The script threw at line 2, column 31 about row 10: Error: bad", [2]int{2, 31}, 10},
		"throw Object.create({row: rows[0]})":                              {"The script threw: {  }", [2]int{}, 0},
		"throw Object.assign(new Error('a'), {get message() { throw 1 }})": {"The script threw: 1", [2]int{}, 0},
		"const e = new Error('a'); Object.defineProperty(e, 'message', {get() { throw 1 }}); throw e": {
			"The script threw at line 2, column 21: Error", [2]int{2, 21}, 0,
		},
		"const e = new Error('a'); e.message = e.name = {toString() { throw 1 }}; throw e": {
			"The script threw at line 2, column 21: an error without a message", [2]int{2, 21}, 0,
		},
		"const e = new Error('a'); e.stack = 'at processor.js:999999999999:1'; throw e": {"The script threw: Error: a", [2]int{}, 0},
		"const e = new Error('a'); delete e.stack; throw e":                             {"The script threw at line 2, column 44: Error: a", [2]int{2, 44}, 0},
		"throw new Proxy({}, {getOwnPropertyDescriptor() { throw 1 }})":                 {"The script threw: Object {  }", [2]int{}, 0},
		"const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); throw proxy":        {"The script threw: Object {  }", [2]int{}, 0},
		"(function f() { f() })()":            {"The script threw at line 2, column 19: InternalError: stack overflow (functions call each other too deep", [2]int{2, 19}, 0},
		"[1].map(() => {\n    undefined() })": {"The script threw at line 3, column 14: TypeError: not a function", [2]int{3, 14}, 0},
		"eval('\\n\\nnull.x')":                {"The script threw at line 2, column 6: TypeError", [2]int{2, 6}, 0},
		"new Function('null.x')()":            {"The script threw at line 2, column 24: TypeError", [2]int{2, 24}, 0},
		"JSON.parse('{')":                     {"The script threw at line 2, column 12: SyntaxError: ", [2]int{2, 12}, 0},
		"eval('}')":                           {"The script threw at line 2, column 6: SyntaxError: ", [2]int{2, 6}, 0},
	} {
		f := fault(t, "function process(rows) {\n "+statement+"\n}")
		require.Equal(t, definition.ErrorScriptThrew, f.Code, statement)
		require.Contains(t, f.Message, want.message, statement)
		require.Equal(t, want.at, [2]int{f.Line, f.Column}, statement)
		require.Equal(t, want.row, f.Row, statement)
	}
	require.Equal(t, []definition.Param{
		{Name: "line", Value: "2"}, {Name: "column", Value: "20"}, {Name: "row", Value: "10"}, {Name: "thrown", Value: "Error: a"},
	}, fault(t, "function process(rows) {\nconst e = new Error('a'); e.row = rows[0]; throw e}").Params)
}

func TestCodeThatIsNoProcessorIsRefused(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		message string
		at      [2]int
	}{
		"":                                    {"The code defines no function process(rows, context): add it.", [2]int{}},
		"let a = 1":                           {"defines no function process", [2]int{}},
		"var process":                         {"defines no function process", [2]int{}},
		"var process = {}":                    {"The code's process is no function", [2]int{}},
		"{ let process = () => 1 }":           {"defines no function process", [2]int{}},
		"function process(":                   {"The code cannot be compiled, line 1, column 18: SyntaxError: ", [2]int{1, 18}},
		"\n\n  let a = ;":                     {"The code cannot be compiled, line 3, column 11: SyntaxError: unexpected token", [2]int{3, 11}},
		"let a; let a":                        {"The code cannot be compiled, line 1, column 13: SyntaxError: ", [2]int{1, 13}},
		"import x from 'y'":                   {"(there are no modules: write all of the code here, without import and export)", [2]int{1, 8}},
		"let a\nexport function process() {}": {"(there are no modules", [2]int{2, 1}},
		"await 1":                             {"The code cannot be compiled", [2]int{1, 7}},
		"return 1":                            {"The code cannot be compiled", [2]int{1, 1}},
		"throw new Error('at once')":          {"The script threw at line 1, column 16: Error: at once", [2]int{1, 16}},
		"undefined.x":                         {"The script threw at line 1, column 10: TypeError", [2]int{1, 10}},
	} {
		f := fault(t, code)
		require.Equal(t, definition.ErrorScriptThrew, f.Code, code)
		require.Contains(t, f.Message, want.message, code)
		require.Equal(t, want.at, [2]int{f.Line, f.Column}, code)
		v, err := engine.New(config(code))
		require.NoError(t, err)
		defer v.Close()
		checked := v.Compile()
		if checked == nil {
			checked = v.Check()
		}
		require.Equal(t, f, checked, "Check says the same of %q", code)
	}
	for _, code := range []string{
		"function process() {}", "const process = () => 1", "var process = async () => 1", "globalThis.process = function* () {}",
		"class process {}", "let process = function () { throw 1 }",
	} {
		require.Nil(t, compiled(t, code).Check(), code)
	}
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

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	small := func(c *engine.Config) { c.Memory = 4 << 20 }
	for _, statement := range []string{
		"const a = []; for (;;) a.push({})",
		"let a = 'x'; for (;;) a += a.toUpperCase() + 'ğ'",
		"new Array(1e6).fill(0)",
		"new ArrayBuffer(8e6)",
		"'x'.repeat(8e6)",
		"try { new Array(1e6).fill(0) } catch {} return 1",
		"for (;;) try { new ArrayBuffer(8e6) } catch {}",
		"try { new ArrayBuffer(8e6) } finally { for (;;); }",
		"const a = []; try { for (;;) a.push(a.slice()) } catch { a.length = 0; return {} }",
		"new Map(Array.from({length: 1e6}, (_, i) => [i, i]))",
		"console.log('ğ'.repeat(3e6))",
	} {
		f := fault(t, "function process(rows) { "+statement+" }", small)
		require.Equal(t, engine.MemoryFault(4<<20), f, statement)
	}
	require.Contains(t, engine.MemoryFault(4<<20).Message, "more than 4 MiB")

	// It is the same from call to call, and what fits once fits always.
	v := compiled(t, "function process(rows) { const n = []; for (let i = 0; i < 100; i++) { n.push('x'.repeat(30000)) } return n.length }", small)
	for range 50 {
		require.Equal(t, "100", string(call(t, v, 3)))
	}
}

func TestRowsCountAsMemory(t *testing.T) {
	t.Parallel()
	v := compiled(t, "const process = (rows) => rows.length", func(c *engine.Config) { c.Memory = 2 << 20 })
	fill := func() (n int, f *engine.Fault) {
		require.Nil(t, v.Begin(nil, 1))
		for n = 0; f == nil; n++ {
			f = v.AddRow(int64(n+1), []engine.Cell{{Kind: engine.Text, Text: []byte("A")}, {}, {Kind: engine.Number, Number: 0.5}})
		}
		return n, f
	}
	first, f := fill()
	require.Equal(t, engine.MemoryFault(2<<20), f)
	require.Greater(t, first, 5_000)
	second, _ := fill()
	require.Equal(t, first, second, "the limit is at the same row every time")
	require.Equal(t, "3", string(call(t, v, 3)))
}

// Garbage in cycles is collected before it is too much.
func TestGarbageIsCollected(t *testing.T) {
	t.Parallel()
	const code = "function process(rows) { for (let i = 0; i < 300_000; i++) { const a = {}; a.a = [a] } return rows.length }"
	require.Equal(t, "3", string(call(t, compiled(t, code, func(c *engine.Config) { c.Memory = 4 << 20 }), 3)))
}

func TestStopEndsWhatComputesForEver(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"for (;;);",
		"for (;;) try { for (;;); } catch {}",
		"for (;;) try { for (;;); } finally { continue }",
		"(function f() { try { f() } finally { f() } })()",
		"/(a+)+$/.test('a'.repeat(40) + 'b')",
		"[1, 2].sort(() => { for (;;); })",
		"return {get a() { for (;;); }}",
		"throw new Error('x', {cause: {get a() {}}}, Object.defineProperty(Error.prototype, 'name', {get() { for (;;); }}))",
		"function* g() { try { for (;;) yield 1 } finally { for (;;); } } for (const x of g());",
		"return new Proxy({}, {ownKeys() { for (;;); }})",
		"while (true) [].concat([])",
		"new Promise((resolve) => { for (;;); }).catch(() => 1); return 1",
		"console.log({a: 1}); for (;;) console.log('x')",
	} {
		v := compiled(t, "function process() { "+body+" }")
		for _, why := range []engine.Reason{engine.CallTime, engine.ImportTime} {
			require.Nil(t, v.Begin(nil, 1))
			done := make(chan *engine.Fault)
			go func() {
				_, f := v.Run()
				done <- f
			}()
			want := engine.CallTimeFault()
			if why == engine.ImportTime {
				want = engine.ImportTimeFault()
			}
			require.Equal(t, want, stopUntilDone(v, why, done), body)
		}
	}
	v := compiled(t, "const process = () => 1")
	v.Stop(engine.CallTime)
	require.Equal(t, "1", string(call(t, v, 0)), "a stop is for the call that went on")
}

// stopUntilDone stops a call again and again, as who watches it does.
func stopUntilDone(v *engine.VM, why engine.Reason, done <-chan *engine.Fault) *engine.Fault {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f := <-done:
			return f
		case <-tick.C:
			v.Stop(why)
		}
	}
}
