//go:build linux && (amd64 || arm64)

package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

// logged is what statements write, before they return 1.
func logged(t *testing.T, statements string, change ...func(*engine.Config)) ([]engine.Line, bool) {
	t.Helper()
	v := compiled(t, "function process(rows, context) { "+statements+"; return 1 }", change...)
	require.Equal(t, "1", string(call(t, v, 2)))
	return v.Log()
}

func TestConsoleKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	lines, truncated := logged(t, `
		console.log("a", 1, -0, true, null, undefined, 10n, "b");
		console.info(rows[0]); console.warn(context.site); console.error([1, , "x", [[[[1]]]]]); console.debug("");
		console.log(); console.log("line\r\nbreak\ttab\x1b[31m\x00\x7f\u0085"); console.log("\ud800é😀");
		const all = { get a() { throw 1 }, b() {}, [Symbol("s")]: 1, "c d": new Map([[1, {}]]) };
		console.log(all, () => 1, class A {}, /x/g, new Date(0));
		console.log("x", new Error("bad")); console.log(new Proxy({ a: 1 }, { get() { throw 1 } }), Symbol("q"))`)
	require.False(t, truncated)
	require.Equal(t, []engine.Line{
		{Level: definition.LogLevelLog, Message: "a 1 -0 true null undefined 10n b"},
		{Level: definition.LogLevelInfo, Message: `{ site: "A", month: "2024-01", kwh: 0.5 }`},
		{Level: definition.LogLevelWarn, Message: `{ key: "A", name: "Ä" }`},
		{Level: definition.LogLevelError, Message: `[ 0: 1, 2: "x", 3: [ [ [Array] ] ] ]`},
		{Level: definition.LogLevelLog, Message: ""},
		{Level: definition.LogLevelLog, Message: ""},
		{Level: definition.LogLevelLog, Message: "line\r\nbreak\ttab\\x1b[31m\\x00\\x7f\\x85"},
		{Level: definition.LogLevelLog, Message: "\uFFFDé😀"},
		{Level: definition.LogLevelLog, Message: `{ a: [Getter], b: [Function b], s: 1, "c d": Map(1) { 1 => {  } } } ` +
			`[Function (anonymous)] [Function A] /x/g 1970-01-01T00:00:00.000Z`},
		{Level: definition.LogLevelLog, Message: "x Error: bad\n    at process (processor.js:7:29)"},
		{Level: definition.LogLevelLog, Message: "Object {  } Symbol(q)"},
	}, lines)
}

func TestConsoleIsBounded(t *testing.T) {
	t.Parallel()
	small := func(c *engine.Config) { c.LogLines, c.LogBytes, c.LogLineRunes = 3, 50, 20 }

	lines, truncated := logged(t, "console.log('ğ'.repeat(20))", small)
	require.False(t, truncated)
	require.Equal(t, strings.Repeat("ğ", 20), lines[0].Message)

	lines, truncated = logged(t, "console.log('ğ'.repeat(21))", small)
	require.False(t, truncated, "the line itself shows that it was cut")
	require.Equal(t, strings.Repeat("ğ", 19)+"…", lines[0].Message)

	lines, truncated = logged(t, "for (let i = 0; i < 3; i++) console.log(i)", small)
	require.False(t, truncated)
	require.Len(t, lines, 3)

	lines, truncated = logged(t, "for (let i = 0; i < 4; i++) console.log(i)", small)
	require.True(t, truncated)
	require.Len(t, lines, 3)

	lines, truncated = logged(t, "for (const a of 'abc') console.log(a.repeat(20)); console.log('d')", small)
	require.True(t, truncated)
	require.Len(t, lines, 2, "what is kept is the beginning")

	lines, truncated = logged(t, "console.log('x'.repeat(1e6)); console.log(new Array(1e5).fill('x'.repeat(1e5)))")
	require.False(t, truncated)
	require.Len(t, lines, 2)
}

func TestLogGoesUpToTheFault(t *testing.T) {
	t.Parallel()
	v := compiled(t, "console.log('top'); function process() { console.log('here'); null.x; console.log('never') }")
	begin(t, v, 0)
	_, f := v.Run()
	require.NotNil(t, f)
	lines, _ := v.Log()
	require.Equal(t, []engine.Line{
		{Level: definition.LogLevelLog, Message: "top"}, {Level: definition.LogLevelLog, Message: "here"},
	}, lines)
	begin(t, v, 0)
	lines, _ = v.Log()
	require.Empty(t, lines)
}
