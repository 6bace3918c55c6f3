//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// hostile are the ways to be in others' way: in the interpreter, in native code, with memory, with the console.
var hostile = map[string]string{
	"loops":          "for (;;);",
	"loops natively": "const a = []; a.length = 2 ** 32 - 1; a.indexOf(1);",
	"fills memory":   "const a = []; for (;;) a.push(new Array(10_000).fill(a.length));",
	"writes":         "for (;;) console.log('x'.repeat(100_000));",
}

// besides keeps running a hostile script, call after call, until it is told to stop.
func besides(tb testing.TB, body string) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	limits := script.DefaultLimits()
	limits.CallCPU = shortCPU
	r, err := script.Start(ctx, script.Config{Code: "function process() { " + body + " }", Limits: limits, VMs: 1})
	require.NoError(tb, err)
	done := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(1)
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			_, err := r.Call(ctx, &script.Call{Rows: all()})
			if n == 0 {
				begun.Done()
			}
			if ctx.Err() == nil && err == nil {
				panic("a hostile script came to an end")
			}
		}
	}()
	begun.Wait()
	return func() {
		cancel()
		<-done
		_ = r.Close()
	}
}

// calls runs the good script for so many sites, two at a time.
func calls(tb testing.TB, r *script.Runner, sites int) {
	tb.Helper()
	var wait sync.WaitGroup
	for half := range 2 {
		wait.Go(func() {
			for i := half; i < sites; i += 2 {
				result, err := r.Call(tb.Context(), &script.Call{Site: &script.Site{Key: fmt.Sprint(i)}, Rows: threeRows()})
				if err != nil || string(result.Output) != `{"sum":4,"year":2024}` {
					tb.Errorf("site %d: %v, %v", i, result, err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func startGood(tb testing.TB) *script.Runner {
	tb.Helper()
	r, err := script.Start(tb.Context(), script.Config{Code: good, Columns: columns, Year: 2024, VMs: 1})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

// Another organization's script beside a hostile one is right, whatever that one does.
func TestAnotherImportBesideAHostileOneIsRight(t *testing.T) {
	t.Parallel()
	for name, body := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer besides(t, body)()
			calls(t, startGood(t), 200)
		})
	}
}

// Within one import too: where a call for one site has to be killed, those beside it are made again.
func TestOtherSitesOfTheSameImportAreRight(t *testing.T) {
	t.Parallel()
	limits := script.DefaultLimits()
	limits.CallCPU = shortCPU
	r, err := script.Start(t.Context(), script.Config{
		Code: "function process(rows, { site: { key } }) { if (key === 'bad') { " + hostile["loops natively"] + " } return { key } }",
		VMs:  2, Limits: limits,
	})
	require.NoError(t, err)
	defer r.Close()
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 2 {
			_, err := r.Call(t.Context(), &script.Call{Site: &script.Site{Key: "bad"}, Rows: all()})
			var e *script.Error
			if !errors.As(err, &e) || e.Code != definition.ErrorScriptTimeout {
				t.Errorf("not a timeout: %v", err)
			}
		}
	})
	wait.Go(func() {
		for i := range 500 {
			key := fmt.Sprint(i)
			result, err := r.Call(t.Context(), &script.Call{Site: &script.Site{Key: key}, Rows: all()})
			if err != nil || string(result.Output) != `{"key":"`+key+`"}` {
				t.Errorf("site %s: %v, %v", key, result, err)
				return
			}
		}
	})
	wait.Wait()
}

// BenchmarkBeside tells how much longer a script takes beside a hostile one of somebody else than alone: the median of the
// ratios of rounds that take turns, so that both see the same machine.
func BenchmarkBeside(b *testing.B) {
	const sites = 500
	for name, body := range hostile {
		b.Run(name, func(b *testing.B) {
			r := startGood(b)
			round := func() time.Duration {
				began := time.Now()
				calls(b, r, sites)
				return time.Since(began)
			}
			round() // a child that is warm
			var ratios []float64
			for b.Loop() {
				alone := round()
				stop := besides(b, body)
				ratios = append(ratios, float64(round())/float64(alone))
				stop()
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "×alone")
		})
	}
}
