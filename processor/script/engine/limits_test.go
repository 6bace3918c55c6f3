//go:build linux && (amd64 || arm64)

package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script/engine"
)

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	small := func(c *engine.Config) { c.Memory = 2 << 20 }
	for _, statement := range []string{
		"const a = []; for (;;) a.push({})",
		"let a = 'x'; for (;;) a += a.toUpperCase() + 'ğ'",
		"new Array(2e5).fill(0)",
		"new ArrayBuffer(3e6)",
		"'x'.repeat(3e6)",
		"try { new Array(2e5).fill(0) } catch {} return 1",
		"for (;;) try { new ArrayBuffer(3e6) } catch {}",
		"try { new ArrayBuffer(3e6) } finally { for (;;); }",
		"const a = []; try { for (;;) a.push(a.slice()) } catch { a.length = 0; return {} }",
		"new Map(Array.from({length: 1e5}, (_, i) => [i, i]))",
		"console.log('ğ'.repeat(1e6))",
	} {
		f := fault(t, "function process(rows) { "+statement+" }", small)
		require.Equal(t, engine.MemoryFault(2<<20), f, statement)
	}
	require.Contains(t, engine.MemoryFault(2<<20).Message, "more than 2 MiB")

	// It is the same from call to call, and what fits once fits always.
	v := compiled(t, "const process = () => Array.from({ length: 100 }, () => 'x'.repeat(10000)).length", small)
	for range 5 {
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
	const code = "function process(rows) { for (let i = 0; i < 60_000; i++) { const a = {}; a.a = [a] } return rows.length }"
	require.Equal(t, "3", string(call(t, compiled(t, code, func(c *engine.Config) { c.Memory = 2 << 20 }), 3)))
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
