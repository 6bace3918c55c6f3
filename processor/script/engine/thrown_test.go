//go:build linux && (amd64 || arm64)

package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

func TestThrownValuesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	type told struct {
		what         string
		line, column int
		row          int64
	}
	for statement, want := range map[string]told{
		"null.x":                    {"TypeError: cannot read property 'x' of null", 2, 6, 0},
		"throw new RangeError('a')": {"RangeError: a", 2, 22, 0},
		"throw new Error()":         {"Error", 2, 17, 0},
		"throw null":                {"null", 0, 0, 0},
		"throw undefined":           {"undefined", 0, 0, 0},
		"throw 'a\\nb\\x1b'":        {"a b\\x1b", 0, 0, 0},
		"throw ''":                  {"an empty text", 0, 0, 0},
		"throw 1n":                  {"1n", 0, 0, 0},
		"throw {a: [1]}":            {"{ a: [ 1 ] }", 0, 0, 0},
		"throw Symbol('x')":         {"Symbol(x)", 0, 0, 0},
		"throw '\\ud800'":           {"\uFFFD", 0, 0, 0},
		"throw 'x'.repeat(9999)":    {strings.Repeat("x", 499) + "…", 0, 0, 0},

		"throw rows":                                           {"[ { site: ", 0, 0, 0},
		"throw rows[1]":                                        {`{ site: "A", month: "2024-01", kwh: 1.5 }`, 0, 0, 0},
		"throw {row: rows[1]}":                                 {"{ row: {", 0, 0, 20},
		"throw {row: 20}":                                      {"{ row: 20 }", 0, 0, 0},
		"throw {row: {...rows[1]}}":                            {"{ row: {", 0, 0, 0},
		"throw {get row() { return rows[1] }}":                 {"{ row: [Getter] }", 0, 0, 0},
		"throw Object.create({row: rows[0]})":                  {"{  }", 0, 0, 0},
		"const e = Error('b'); e.row = rows[0]; throw e":       {"Error: b", 2, 17, 10},
		"const row = rows.pop(); rows.length = 0; throw {row}": {"{ row: {", 0, 0, 30},

		// What is thrown may do its worst when it is looked at.
		"throw Object.assign(Error('a'), {get message() { throw 1 }})":                 {"1", 0, 0, 0},
		"throw Object.defineProperty(Error('a'), 'message', {get() { throw 1 }})":      {"Error", 2, 35, 0},
		"const e = Error('a'); e.message = e.name = {toString() { throw 1 }}; throw e": {"an error without a message", 2, 17, 0},
		"const e = Error('a'); e.stack = 'at processor.js:999999999999:1'; throw e":    {"Error: a", 0, 0, 0},
		"const e = Error('a'); delete e.stack; throw e":                                {"Error: a", 2, 40, 0},

		// A stack of the script's own names a place that the code has, or none. This line is the second of three.
		"const e = Error('a'); e.stack = 'at processor.js:3:2'; throw e":                 {"Error: a", 3, 2, 0},
		"const e = Error('a'); e.stack = 'at processor.js:3:3'; throw e":                 {"Error: a", 0, 0, 0},
		"const e = Error('a'); e.stack = 'at processor.js:4:1'; throw e":                 {"Error: a", 0, 0, 0},
		"const e = Error('a'); e.stack = 'at processor.js:999999999:999999999'; throw e": {"Error: a", 0, 0, 0},
		"const e = Error('a'); e.stack = 'at processor.js:0:1'; throw e":                 {"Error: a", 0, 0, 0},
		"const e = Error('a'); e.stack = 'at processor.js:1:0'; throw e":                 {"Error: a", 0, 0, 0},
		"const ğ = '😀', e = Error('a'); e.stack = 'at processor.js:2:74'; throw e":       {"Error: a", 2, 74, 0},
		"const ğ = '😀', e = Error('a'); e.stack = 'at processor.js:2:75'; throw e":       {"Error: a", 0, 0, 0},

		"throw new Proxy({}, {getOwnPropertyDescriptor() { throw 1 }})":          {"Object {  }", 0, 0, 0},
		"const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); throw proxy": {"Object {  }", 0, 0, 0},

		"[1].map(() => {\n    undefined() })": {"TypeError: not a function", 3, 14, 0},
		"eval('\\n\\nnull.x')":                {"TypeError: ", 2, 6, 0},
		"new Function('null.x')()":            {"TypeError: ", 2, 24, 0},
		"JSON.parse('{')":                     {"SyntaxError: ", 2, 12, 0},
		"eval('}')":                           {"SyntaxError: ", 2, 6, 0},
		"(function f() { f() })()": {
			"InternalError: stack overflow (functions call each other too deep, mostly without end)", 2, 19, 0,
		},
		"JSON.parse('['.repeat(1e6))": {"SyntaxError: stack overflow (code or JSON is nested too deep)", 2, 12, 0},
		"eval('('.repeat(1e5))":       {"SyntaxError: stack overflow (code or JSON is nested too deep)", 2, 6, 0},
	} {
		f := fault(t, "function process(rows) {\n "+statement+"\n}")
		message := "The script threw"
		if want.line > 0 {
			message += fmt.Sprintf(" at line %d, column %d", want.line, want.column)
		}
		if want.row > 0 {
			message += fmt.Sprintf(" about row %d", want.row)
		}
		require.Equal(t, definition.ErrorScriptThrew, f.Code, statement)
		require.Contains(t, f.Message, message+": "+want.what, statement)
		require.Equal(t, []int{want.line, want.column, int(want.row)}, []int{f.Line, f.Column, int(f.Row)}, statement)
	}
	require.Equal(t, []definition.Param{
		{Name: "line", Value: "2"}, {Name: "column", Value: "20"}, {Name: "row", Value: "10"}, {Name: "thrown", Value: "Error: a"},
	}, fault(t, "function process(rows) {\nconst e = new Error('a'); e.row = rows[0]; throw e}").Params)
}

func TestCodeThatIsNoProcessorIsRefused(t *testing.T) {
	t.Parallel()
	type told struct {
		message      string
		line, column int
	}
	for code, want := range map[string]told{
		"":                           {"The code defines no function process(rows, context): add it.", 0, 0},
		"let a = 1":                  {"defines no function process", 0, 0},
		"var process":                {"defines no function process", 0, 0},
		"{ let process = () => 1 }":  {"defines no function process", 0, 0},
		"var process = {}":           {"The code's process is no function", 0, 0},
		"function process(":          {"The code cannot be compiled, line 1, column 18: SyntaxError: ", 1, 18},
		"\n\n  let a = ;":            {"The code cannot be compiled, line 3, column 11: SyntaxError: ", 3, 11},
		"let a; let a":               {"The code cannot be compiled, line 1, column 13: SyntaxError: ", 1, 13},
		"await 1":                    {"The code cannot be compiled", 1, 7},
		"return 1":                   {"The code cannot be compiled", 1, 1},
		"import x from 'y'":          {"(there are no modules: write all of the code here, without import and", 1, 8},
		"let a\nexport default 1":    {"(there are no modules", 2, 1},
		"throw new Error('at once')": {"The script threw at line 1, column 16: Error: at once", 1, 16},
		"undefined.x":                {"The script threw at line 1, column 10: TypeError", 1, 10},
	} {
		f := fault(t, code)
		require.Equal(t, definition.ErrorScriptThrew, f.Code, code)
		require.Contains(t, f.Message, want.message, code)
		require.Equal(t, []int{want.line, want.column}, []int{f.Line, f.Column}, code)
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
