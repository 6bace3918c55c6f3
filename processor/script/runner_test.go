//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// started is a Runner that is closed when the test ends.
func started(t *testing.T, c script.Config) *script.Runner {
	t.Helper()
	r, err := script.Start(t.Context(), c)
	require.NoError(t, err, "%v", errors.Unwrap(err))
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// requireCode is for an *Error with a code, which it gives.
func requireCode(t *testing.T, code definition.ImportErrorCode, err error) *script.Error {
	t.Helper()
	var e *script.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%s (%v)", e.Message, errors.Unwrap(e))
	return e
}

func TestStartNamesEverythingThatIsWrongWithAConfiguration(t *testing.T) {
	t.Parallel()
	_, err := script.Start(t.Context(), script.Config{
		Code: "a\x00", VMs: -1, Columns: []script.Column{{Name: "a"}, {Name: "a"}}, Limits: script.Limits{SourceBytes: 1},
	})
	for _, what := range []string{
		"VMs", "Code", "Limits.MemoryBytes", "CallCPU", "RowBytes", "OutputBytes", "LogLines", `column "a" stands twice`,
	} {
		require.ErrorContains(t, err, what)
	}
	require.NotContains(t, err.Error(), "SourceBytes")
	var e *script.Error
	require.NotErrorAs(t, err, &e, "no fault of the tenant's")
}

func TestCheckTellsWhatIsWrongWithCode(t *testing.T) {
	t.Parallel()
	require.NoError(t, script.Check(t.Context(), good))
	e := requireCode(t, definition.ErrorScriptThrew, script.Check(t.Context(), "function process() {\n  let a = ;\n}"))
	require.Equal(t, []int{2, 11}, []int{e.Line, e.Column})
	require.Contains(t, e.Message, "The code cannot be compiled, line 2, column 11: SyntaxError: ")
	require.Equal(t, "SCRIPT_THREW at line 2, column 11: "+e.Message, e.Error())
	e = requireCode(t, definition.ErrorScriptThrew, script.Check(t.Context(), "let a = 1"))
	require.Equal(t, "SCRIPT_THREW: The code defines no function process(rows, context): add it.", e.Error())
	e = requireCode(t, definition.ErrorLimitExceeded, script.Check(t.Context(), good+strings.Repeat(" ", definition.MaxCode)))
	require.Equal(t, []definition.Param{{Name: "limit", Value: "262144"}}, e.Params)

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, script.Check(canceled, good), context.Canceled)
}

// The same rows give the same bytes, whatever the order of calls, how many go on at a time, and the process that they go
// on in.
func TestTheSameInputGivesTheSameOutput(t *testing.T) {
	t.Parallel()
	const code = `
const weights = new Map(), letters = [..."abcdef"].sort(() => Math.random() - 0.5);
function process(rows, context) {
  for (const row of rows) weights.set(row, Math.random());
  console.log(letters.join(""), rows.length, [...weights.values()][0]);
  const objects = rows.map((row) => ({ row, toString() { return row.text } })).sort();
  return { random: [...weights.values()], letters, text: objects.join(), now: Date.now(), stack: new Error("x").stack,
    keys: Object.keys(Object.fromEntries(rows.map((row) => [row.text + row.n, 1]))), context };
}`
	key := func(i int) string { return fmt.Sprint("site ", i%7) }
	want := map[string]*script.Result{}
	for _, vms := range []int{1, 2, 3} {
		r := started(t, script.Config{Code: code, Columns: columns, Year: 2024, VMs: vms})
		var wait sync.WaitGroup
		results := make([]*script.Result, 42)
		for at := range vms {
			wait.Go(func() {
				for i := at; i < len(results); i += vms {
					result, err := r.Call(t.Context(), &script.Call{Site: &script.Site{Key: key(i * vms)}, Rows: threeRows()})
					if err != nil {
						t.Error(err)
						return
					}
					results[i] = result
				}
			})
		}
		wait.Wait()
		for i, result := range results {
			if want[key(i*vms)] == nil {
				want[key(i*vms)] = result
			}
			require.Equal(t, want[key(i*vms)], result)
		}
	}
	require.Len(t, want, 7)
	require.NotEqual(t, want[key(0)].Output, want[key(1)].Output)
}

// slow gives rows that do not end until somebody waits no more.
func slow(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for row := range threeRows() {
			if !yield(row, nil) {
				return
			}
		}
		<-ctx.Done()
		yield(nil, ctx.Err())
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{
		Code: "function process(rows, { site }) { if (site) for (;;); return { n: rows.length } }", Columns: columns, VMs: 1,
	})
	for name, c := range map[string]func(ctx context.Context) *script.Call{
		"amid its rows": func(ctx context.Context) *script.Call { return &script.Call{Rows: slow(ctx)} },
		"amid its code": func(context.Context) *script.Call { return &script.Call{Site: &script.Site{}, Rows: threeRows()} },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := r.Call(ctx, c(ctx))
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		result, err := r.Call(t.Context(), &script.Call{Rows: threeRows()})
		require.NoError(t, err, name)
		require.Equal(t, `{"n":3}`, string(result.Output))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	pid := script.PID(r)
	for range 20 {
		_, err := r.Call(canceled, &script.Call{Rows: threeRows()})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, pid, script.PID(r), "no child is killed for a call that nobody waits for")
	}
}

func TestACallWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{Code: good, Columns: columns, Year: 2024, VMs: 1})
	begun, release := make(chan bool), make(chan bool)
	var wait sync.WaitGroup
	wait.Go(func() {
		_, err := r.Call(t.Context(), &script.Call{Rows: func(yield func([]byte, error) bool) {
			begun <- true
			<-release
		}})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := r.Call(ctx, &script.Call{Rows: threeRows()})
	require.ErrorIs(t, err, context.DeadlineExceeded, "nobody waits for ever")
	wait.Go(func() {
		result, err := r.Call(t.Context(), &script.Call{Rows: threeRows()})
		if err != nil || string(result.Output) != `{"sum":4,"year":2024}` {
			t.Errorf("%v, %v", result, err)
		}
	})
	release <- true
	wait.Wait()
}

func TestCloseEndsCallsAndTheProcess(t *testing.T) {
	t.Parallel()
	r, err := script.Start(t.Context(), script.Config{Code: "function process() { for (;;); }", VMs: 2})
	require.NoError(t, err)
	pid := script.PID(r)
	failed := make(chan error)
	for range 2 {
		go func() {
			_, err := r.Call(t.Context(), &script.Call{Rows: all()})
			failed <- err
		}()
	}
	require.Eventually(t, func() bool { return cpuTicks(t, pid) >= 5 }, time.Minute, time.Millisecond)
	require.NoError(t, r.Close())
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	for range 2 {
		require.ErrorContains(t, <-failed, "closed")
	}
	_, err = r.Call(t.Context(), &script.Call{Rows: all()})
	require.ErrorContains(t, err, "closed")
	require.NoError(t, r.Close(), "again")
}

// A panic of who gives rows goes on, and leaves the Runner as it was.
func TestAPanicAmidRowsHarmsNoOtherCall(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{Code: good, Columns: columns, Year: 2024, VMs: 1})
	require.PanicsWithValue(t, "rows", func() {
		_, _ = r.Call(t.Context(), &script.Call{Rows: func(func([]byte, error) bool) { panic("rows") }})
	})
	result, err := r.Call(t.Context(), &script.Call{Rows: threeRows()})
	require.NoError(t, err)
	require.Equal(t, `{"sum":4,"year":2024}`, string(result.Output))
}

func TestRowsComeInBatches(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{
		Code: `function process(rows) {
  return { n: rows.length, length: rows.reduce((n, row) => n + row.text.length, 0), last: rows.at(-1).n };
}`,
		Columns: columns, VMs: 1,
	})
	for rows, length := range map[int]int{1: 12 << 20, 3: 1 << 20, 1000: 1000, 40_000: 10} {
		text := []byte(strings.Repeat("x", length))
		var b []byte
		result, err := r.Call(t.Context(), &script.Call{Rows: func(yield func([]byte, error) bool) {
			for i := range rows {
				b = script.AppendNull(script.AppendRowNumber(b[:0], int64(i+1)))
				b = script.AppendNumber(script.AppendText(b, text), float64(i))
				if !yield(b, nil) {
					return
				}
			}
		}})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf(`{"n":%d,"length":%d,"last":%d}`, rows, rows*length, rows-1), string(result.Output))
	}
}

func TestARowThatIsNoneIsNotSent(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{Code: good, Columns: columns, Year: 2024, VMs: 1})
	for _, row := range [][]byte{{}, {0}, {0x80}, append(script.AppendRowNumber(nil, -1), 0, 0, 0)} {
		_, err := r.Call(t.Context(), &script.Call{Rows: all(row)})
		require.ErrorContains(t, err, "not encoded as it should be")
	}
	_, err := r.Call(t.Context(), &script.Call{Rows: threeRows()})
	require.NoError(t, err)
}

// The processor time of all calls together is bounded too, also when processes end in between.
func TestImportsHaveABudgetOfTime(t *testing.T) {
	t.Parallel()
	limits := script.DefaultLimits()
	limits.CallCPU, limits.ImportCPU = 400*time.Millisecond, time.Second
	for name, code := range map[string]string{
		"in the interpreter": "function process() { for (;;); }",
		"natively":           "function process() { const a = []; a.length = 2 ** 32 - 1; a.indexOf(1); }",
	} {
		r := started(t, script.Config{Code: code, VMs: 1, Limits: limits})
		var messages []string
		for range 5 {
			_, err := r.Call(t.Context(), &script.Call{Rows: all()})
			messages = append(messages, requireCode(t, definition.ErrorScriptTimeout, err).Message)
		}
		require.Contains(t, messages[0], "computes for too long", name)
		require.Contains(t, messages[4], "processor time of the whole import", name)
	}
}

// Rows that are long in coming are no fault of the code, but a call does not last for ever.
func TestACallIsBoundedByTheClock(t *testing.T) {
	t.Parallel()
	limits := script.DefaultLimits()
	limits.CallWall = 5 * time.Second // a child must have started by then, on however busy a machine
	r := started(t, script.Config{Code: good, Columns: columns, Limits: limits, VMs: 1, Year: 2024})
	pid := script.PID(r)
	_, err := r.Call(t.Context(), &script.Call{Rows: func(yield func([]byte, error) bool) {
		for syscall.Kill(pid, 0) == nil {
			time.Sleep(time.Millisecond)
		}
		for row := range threeRows() {
			if !yield(row, nil) {
				return
			}
		}
	}})
	e := requireCode(t, definition.ErrorScriptTimeout, err)
	require.Contains(t, e.Message, "longer than 5s for one site")
	_, err = r.Call(t.Context(), &script.Call{Rows: threeRows()})
	require.NoError(t, err)
}

// The frames of a recursion lie outside of the heap that is limited; they are not for nothing either. Nearly 4 GB of them.
func TestDeepFramesAreMemoryToo(t *testing.T) {
	t.Parallel()
	const code = `
const more = ", 0".repeat(60_000);
const deep = new Function("f", "n", "return n > 4000 ? f(0" + more + ") : f(f, n + 1)");
const process = (rows) => ({ depth: deep(deep, rows.length) });`
	limits := script.DefaultLimits()
	limits.CallCPU, limits.CallWall = time.Minute, 2*time.Minute // it takes long under the race detector
	r := started(t, script.Config{Code: code, VMs: 1, Limits: limits})
	_, err := r.Call(t.Context(), &script.Call{Rows: all()})
	requireCode(t, definition.ErrorScriptMemory, err)
}

func TestTheLogComesBesideAnError(t *testing.T) {
	t.Parallel()
	r := started(t, script.Config{Code: "function process() { console.warn('so far'); null.x }", VMs: 1})
	result, err := r.Call(t.Context(), &script.Call{Rows: all()})
	requireCode(t, definition.ErrorScriptThrew, err)
	require.Equal(t, &script.Result{Log: []script.LogLine{{Level: definition.LogLevelWarn, Message: "so far"}}}, result)
}
