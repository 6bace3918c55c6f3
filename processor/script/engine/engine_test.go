//go:build linux && (amd64 || arm64)

package engine_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
			{Kind: engine.Text, Text: []byte("A")},
			{Kind: engine.Text, Text: []byte("2024-01")},
			{Kind: engine.Number, Number: float64(i) + 0.5},
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
	v := compiled(t, `function process(rows, context) {
  return { rows, context, arguments: arguments.length, this: this === globalThis };
}`)
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
	v = compiled(t, "const process = (rows, context) => context", func(c *engine.Config) { c.Year, c.Columns = 0, nil })
	require.JSONEq(t, `{"year":null,"site":{"key":"A","name":"Ä"},"columns":[]}`, string(call(t, v, 0)))
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
