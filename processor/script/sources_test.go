//go:build linux && (amd64 || arm64)

package script_test

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// once starts a script and calls it once, with these rows.
func once(t *testing.T, code string, limits script.Limits, rows iter.Seq2[[]byte, error]) (o outcome) {
	t.Helper()
	r, err := script.Start(t.Context(), script.Config{Code: code, Columns: columns, Year: 2024, VMs: 1, Limits: limits})
	if err != nil {
		return outcomeOf(t, nil, err)
	}
	defer r.Close()
	result, err := r.Call(t.Context(), &script.Call{Rows: rows})
	return outcomeOf(t, result, err)
}

// What code may be made of: all there is room for, of the same.
func TestHostileSources(t *testing.T) {
	t.Parallel()
	limits := limitsFor("")
	fill := func(before, with, after string) string {
		n := (limits.SourceBytes - len(before) - len(after)) / len(with)
		return before + strings.Repeat(with, n) + after
	}
	const (
		empty  = "function process() { return {} }"
		throws = "function process(){throw Error('far')}"
	)
	for name, c := range map[string]struct {
		code string
		want string // output, or code, place and words
	}{
		"as long as it may be":      {fill(empty+"//", "x", ""), "{}"},
		"a byte longer":             {fill(empty+"//", "x", "") + "x", "LIMIT_EXCEEDED 0:0 longer than 65536 bytes"},
		"nothing":                   {"", "SCRIPT_THREW 0:0 no function process"},
		"a byte order mark":         {"\ufeff" + empty, "{}"},
		"one long line":             {fill("", ";", throws), "SCRIPT_THREW 1:65529 Error: far"},
		"sixty thousand lines":      {fill("", "\n", throws), "SCRIPT_THREW 65499:31 Error: far"},
		"lines of Windows":          {"\r\n\r\nfunction process() {\r\n  throw Error('x')\r\n}", "SCRIPT_THREW 4:14 Error: x"},
		"other ends of lines":       {"\r\u2028function process() {\u2029  throw Error('x')\r}", "SCRIPT_THREW 1:37 Error: x"},
		"characters, not bytes":     {"/* 😀é */ function process() { throw Error('x') }", "SCRIPT_THREW 1:42 Error: x"},
		"parentheses":               {fill("", "(", ""), "SCRIPT_THREW 1:1666 stack overflow"},
		"functions":                 {fill("function process(){return{n:typeof f}}", "function f(){}", ""), `{"n":"function"}`},
		"variables":                 {fill("function process(){var a", ",b", "}"), "SCRIPT_OUTPUT_INVALID 0:0 undefined"},
		"a text without end":        {fill("function process(){return '", "x", ""), "SCRIPT_THREW 1:27 end of string"},
		"a comment without end":     {fill(empty+"\n/*", "x", ""), "SCRIPT_THREW 2:1 end of comment"},
		"a template without end":    {fill(empty+"\n`", "x", ""), "SCRIPT_THREW 2:1 end of string"},
		"an expression without end": {fill(empty+"\n/", "x", ""), "SCRIPT_THREW 2:1 regexp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := once(t, c.code, limits, threeRows())
			if c.want[0] == '{' {
				require.Equal(t, outcome{Output: c.want}, o)
				return
			}
			code, rest, _ := strings.Cut(c.want, " ")
			at, words, _ := strings.Cut(rest, " ")
			require.Equal(t, []string{code, at}, []string{string(o.Code), o.At}, o.Message)
			require.Contains(t, o.Message, words)
		})
	}
}

// The rows may be what is too much, or end before their time.
func TestHostileRows(t *testing.T) {
	t.Parallel()
	many := func(n int, text string) iter.Seq2[[]byte, error] {
		row := script.AppendText(script.AppendText(script.AppendRowNumber(nil, 1), []byte("A")), []byte(text))
		return func(yield func([]byte, error) bool) {
			for range n {
				if !yield(script.AppendNull(row), nil) {
					return
				}
			}
		}
	}
	limits := limitsFor("")
	require.Equal(t, outcome{Output: `{"sum":0,"year":2024}`}, once(t, good, limits, many(limits.Rows, "")))
	for words, rows := range map[string]iter.Seq2[[]byte, error]{
		"more than 1000 rows":       many(limits.Rows+1, ""),
		"longer than 1048576 bytes": many(11, strings.Repeat("x", 100_000)),
	} {
		o := once(t, good, limits, rows)
		require.Equal(t, definition.ErrorLimitExceeded, o.Code, o.Message)
		require.Contains(t, o.Message, words)
	}
	limits.MemoryBytes = 1 << 20
	o := once(t, good, limits, many(1000, strings.Repeat("\u20ac", 340)))
	require.Equal(t, definition.ErrorScriptMemory, o.Code, o.Message)
	require.Contains(t, o.Message, "1 MiB")
}

// An error of the rows' own ends the call with that error; the next call is right.
func TestRowsThatAreLost(t *testing.T) {
	t.Parallel()
	lost := errors.New("the file was lost")
	r, err := script.Start(t.Context(), script.Config{Code: good, Columns: columns, Year: 2024, VMs: 1})
	require.NoError(t, err)
	defer r.Close()
	pid := script.PID(r)
	_, err = r.Call(t.Context(), &script.Call{Rows: func(yield func([]byte, error) bool) {
		for row := range threeRows() {
			yield(row, nil)
		}
		yield(nil, lost)
	}})
	require.Equal(t, lost, err)
	result, err := r.Call(t.Context(), &script.Call{Rows: threeRows()})
	require.NoError(t, err)
	require.JSONEq(t, `{"sum":4,"year":2024}`, string(result.Output))
	require.Equal(t, pid, script.PID(r), "in the same process")
}
