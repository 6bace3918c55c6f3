//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"entrepot/definition"
	"entrepot/processor/script"
)

// liarMarker begins the marker of a child that lies: what it does follows, and after a colon a file that it adds a line to
// when it begins.
const liarMarker = "script-liar:"

// lies are what a child does that was taken over, or is broken, in the place of answering a call.
var lies = map[string]func(l script.Liar, request uint32){
	"4 GiB announced": func(l script.Liar, request uint32) {
		_, _ = l.Out.Write([]byte{0xff, 0xff, 0xff, 0xff, 'A', byte(request), 0, 0, 0})
		idle()
	},
	"as much announced as may be, and nothing sent": func(l script.Liar, request uint32) {
		_, _ = l.Out.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(script.MaxAnswer(script.DefaultLimits()))),
			'A', byte(request), 0, 0, 0))
		os.Exit(0)
	},
	"half of a header": func(l script.Liar, _ uint32) { _, _ = l.Out.Write([]byte{1, 0, 0}); os.Exit(0) },
	"half of a frame": func(l script.Liar, r uint32) {
		_, _ = l.Out.Write([]byte{9, 0, 0, 0, 'A', byte(r), 0, 0, 0, 1, 2})
		os.Exit(0)
	},
	"an empty answer":           func(l script.Liar, r uint32) { l.Send('A', r, nil) },
	"an answer to another":      func(l script.Liar, r uint32) { l.Send('A', r+1, script.Answer(`{}`, `{}`)) },
	"the answer before":         func(l script.Liar, r uint32) { l.Send('A', r-1, script.Answer(`{}`, `{}`)) },
	"an unknown frame":          func(l script.Liar, r uint32) { l.Send('?', r, script.Answer(`{}`, `{}`)) },
	"another greeting":          func(l script.Liar, r uint32) { l.Send('H', r, []byte(`{}`)) },
	"a request of its own":      func(l script.Liar, r uint32) { l.Send('C', r, []byte(`{}`)) },
	"a head longer than all":    func(l script.Liar, r uint32) { l.Send('A', r, []byte{0xff, 0xff, 0xff, 0xff, '{', '}'}) },
	"a head that is no JSON":    func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{`, `1`)) },
	"two heads":                 func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{}{}`, `1`)) },
	"an unknown word":           func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{"x":1}`, `1`)) },
	"a result that is no JSON":  func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{}`, `{`)) },
	"two results":               func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{}`, `1 2`)) },
	"a result that is no UTF-8": func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{}`, "\"\xff\"")) },
	"no result":                 func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{}`, ``)) },
	"a result that is too long": func(l script.Liar, r uint32) {
		l.Send('A', r, script.Answer(`{}`, `"`+strings.Repeat("x", 1<<20)+`"`))
	},
	"a fault and a result":       liar(`{"code":"SCRIPT_THREW","message":"x"}`, `1`),
	"a fault of the server":      liar(`{"code":"INTERNAL","message":"x"}`, ``),
	"a fault of the platform":    liar(`{"code":"PROCESSOR_UNAVAILABLE","message":"x"}`, ``),
	"a fault without a message":  liar(`{"code":"SCRIPT_THREW","message":""}`, ``),
	"a message that is too long": liar(`{"code":"SCRIPT_THREW","message":"`+strings.Repeat("x", 10_000)+`"}`, ``),
	"a row that was not given":   liar(`{"code":"SCRIPT_THREW","message":"x","row":8}`, ``),
	"a row before all":           liar(`{"code":"SCRIPT_THREW","message":"x","row":-1}`, ``),
	"a line before the first":    liar(`{"code":"SCRIPT_THREW","message":"x","line":-1}`, ``),
	"a parameter that is too long": liar(`{"code":"SCRIPT_THREW","message":"x","params":[{"name":"a","value":"`+
		strings.Repeat("x", 10_000)+`"}]}`, ``),
	"an end for no fault": func(l script.Liar, r uint32) { l.Send('A', r, script.Answer(`{"last":true}`, `1`)) },
	"a level that is none": func(l script.Liar, r uint32) {
		l.Send('A', r, script.Answer(`{"log":[{"level":"X","message":"x"}]}`, `1`))
	},
	"more log than is kept": func(l script.Liar, r uint32) {
		line := `{"level":"LOG","message":"` + strings.Repeat("x", 1000) + `"},`
		l.Send('A', r, script.Answer(`{"log":[`+strings.TrimSuffix(strings.Repeat(line, 70), ",")+`]}`, `1`))
	},
	"more lines than are kept": func(l script.Liar, r uint32) {
		line := `{"level":"LOG","message":""},`
		l.Send('A', r, script.Answer(`{"log":[`+strings.TrimSuffix(strings.Repeat(line, 1001), ",")+`]}`, `1`))
	},
	"a line that is too long": func(l script.Liar, r uint32) {
		l.Send('A', r, script.Answer(`{"log":[{"level":"LOG","message":"`+strings.Repeat("x", 5000)+`"}]}`, `1`))
	},
	"an end":              func(script.Liar, uint32) { os.Exit(0) },
	"an end with a code":  func(script.Liar, uint32) { os.Exit(4) },
	"a panic":             func(script.Liar, uint32) { panic("as an engine does that is broken") },
	"a killer":            func(script.Liar, uint32) { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); idle() },
	"a fault of memory":   func(script.Liar, uint32) { _ = syscall.Kill(os.Getpid(), syscall.SIGSEGV); idle() },
	"a closed pipe":       func(script.Liar, uint32) { _ = syscall.Close(1); idle() },
	"last words for ever": func(script.Liar, uint32) { fmt.Fprint(os.Stderr, strings.Repeat("x", 1<<20)); os.Exit(1) },
}

// liar answers with a fault, and whatever output.
func liar(fault, output string) func(script.Liar, uint32) {
	return func(l script.Liar, request uint32) {
		l.Send('A', request, script.Answer(`{"fault":`+fault+`}`, output))
	}
}

// computed keeps what is computed for nothing from being left out.
var computed atomic.Int64

// idle waits until somebody kills the process.
func idle() {
	for {
		time.Sleep(time.Hour)
	}
}

// serveIfLiar makes the process a child that does as its marker says.
func serveIfLiar() {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], liarMarker) {
		return
	}
	what, file, _ := strings.Cut(strings.TrimPrefix(os.Args[1], liarMarker), ":")
	begun := begin(file)
	l := script.Liar{In: os.Stdin, Out: os.Stdout}
	switch what {
	case "says nothing":
		idle()
	case "greets with nonsense":
		l.Send('H', 0, []byte("hello"))
		idle()
	case "refuses":
		l.Send('H', 0, []byte(`{"thread":0,"refused":"no filter"}`))
		os.Exit(3)
	case "crashes once", "crashes twice":
		if begun <= map[string]int{"crashes once": 1, "crashes twice": 2}[what] {
			os.Exit(1)
		}
	}
	l.Greet()
	for {
		request, kind, err := l.Request()
		switch {
		case errors.Is(err, io.EOF):
			os.Exit(0)
		case err != nil:
			panic(err)
		case kind == 'S':
			l.Send('A', request, script.Answer(`{}`, ""))
		case what == "computes for ever":
			for n := 0; ; n++ {
				computed.Store(int64(n))
			}
		case what == "sleeps":
			idle()
		case what == "the answer twice":
			l.Send('A', request, script.Answer(`{}`, `1`))
			l.Send('A', request, script.Answer(`{}`, `1`))
		case what == "has no memory":
			fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory")
			os.Exit(2)
		case what == "is killed at the end of its time":
			for began := time.Now(); time.Since(began) < time.Minute && cpuOf(unix.RUSAGE_SELF) < 1100*time.Millisecond; {
				computed.Add(1)
			}
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			idle()
		case lies[what] != nil:
			lies[what](l, request)
		default:
			l.Send('A', request, script.Answer(`{}`, `1`))
		}
	}
}

func cpuOf(who int) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// begin adds a line to a file and tells how many it has.
func begin(file string) int {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := f.WriteString("x\n"); err != nil {
		panic(err)
	}
	return lines(file)
}

func lines(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return strings.Count(string(text), "\n")
}

// withLiar starts a Runner whose children lie, and calls it once. It tells how many there were.
func withLiar(t *testing.T, what string, limits script.Limits) (result *script.Result, begun int, err error) {
	t.Helper()
	file := t.TempDir() + "/begun"
	r, err := script.StartAs(t.Context(), liarMarker+what+":"+file,
		script.Config{Code: good, Columns: columns, VMs: 1, Limits: limits})
	if err == nil {
		result, err = r.Call(t.Context(), &script.Call{Rows: threeRows()})
		pid := script.PID(r)
		require.NoError(t, r.Close())
		if pid != 0 {
			require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
		}
	}
	return result, lines(file), err
}

// A child is believed nothing that an honest one does not say. Each of its lies counts as a crash: the call is repeated in
// another child, three times in all.
func TestLiesAreCrashes(t *testing.T) {
	t.Parallel()
	for what := range lies {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			result, begun, err := withLiar(t, what, script.Limits{})
			var e *script.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, definition.ErrorWorkerCrashed, e.Code, "%v", errors.Unwrap(e))
			require.Equal(t, &script.Result{}, result)
			require.Equal(t, 3, begun)
			require.Error(t, errors.Unwrap(e), "the log is told more")
			require.Less(t, len(errors.Unwrap(e).Error()), 10_000)
			require.NotContains(t, e.Message, "read")
		})
	}
	for _, what := range []string{"greets with nonsense"} {
		_, begun, err := withLiar(t, what, script.Limits{})
		var e *script.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, definition.ErrorWorkerCrashed, e.Code)
		require.Equal(t, 3, begun)
	}
}

func TestAnAnswerThatComesTwiceIsNoticedAtTheNextCall(t *testing.T) {
	t.Parallel()
	r, err := script.StartAs(t.Context(), liarMarker+"the answer twice:"+t.TempDir()+"/begun", script.Config{Code: good, VMs: 1})
	require.NoError(t, err)
	defer r.Close()
	pid := script.PID(r)
	for range 3 {
		result, err := r.Call(t.Context(), &script.Call{Rows: all()})
		require.NoError(t, err)
		require.Equal(t, "1", string(result.Output))
	}
	require.NotEqual(t, pid, script.PID(r), "another child answered then")
}

func TestACallIsRepeatedAfterACrash(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]int{"answers": 1, "crashes once": 2, "crashes twice": 3} {
		result, begun, err := withLiar(t, what, script.Limits{})
		require.NoError(t, err, "%s: %v", what, errors.Unwrap(err))
		require.Equal(t, "1", string(result.Output))
		require.Equal(t, want, begun)
	}
}

func TestARefusalIsNoCrash(t *testing.T) {
	t.Parallel()
	_, begun, err := withLiar(t, "refuses", script.Limits{})
	var e *script.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, definition.ErrorProcessorUnavailable, e.Code)
	require.ErrorContains(t, errors.Unwrap(err), "no filter")
	require.Equal(t, 1, begun)
}

// A child that does not keep time is killed by the server's own clocks: by its thread's processor time 150 ms after the
// deadline, else by the clock on the wall.
func TestTheServerKeepsTimeToo(t *testing.T) {
	t.Parallel()
	limits := script.DefaultLimits()
	limits.CallCPU, limits.CallWall = 200*time.Millisecond, time.Second
	for what, want := range map[string]struct {
		code    definition.ImportErrorCode
		message string
		begun   int
	}{
		"computes for ever": {definition.ErrorScriptTimeout, "computes for too long", 1},
		"sleeps":            {definition.ErrorScriptTimeout, "longer than 5s for one site", 1},
		"says nothing":      {definition.ErrorWorkerCrashed, "crashed three times", 3},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := limits
			switch what {
			case "computes for ever":
				l.CallWall = time.Minute
			case "sleeps":
				l.CallWall = 5 * time.Second // it must have greeted by then, on however busy a machine
			}
			_, begun, err := withLiar(t, what, l)
			var e *script.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, want.code, e.Code)
			require.Contains(t, e.Message, want.message)
			require.Equal(t, want.begun, begun)
		})
	}
}

// Some ends of a child are told apart from crashes: then it is the script's doing, and no other child would do better.
func TestEndsOfAChildAreToldApart(t *testing.T) {
	t.Parallel()
	limits := script.DefaultLimits()
	limits.ImportCPU, limits.CallCPU = time.Second, 10*time.Second
	for what, want := range map[string]struct {
		code    definition.ImportErrorCode
		message string
	}{
		"has no memory":                    {definition.ErrorScriptMemory, "more than 64 MiB of memory"},
		"is killed at the end of its time": {definition.ErrorScriptTimeout, "processor time of the whole import"},
	} {
		_, begun, err := withLiar(t, what, limits)
		require.Contains(t, requireCode(t, want.code, err).Message, want.message)
		require.Equal(t, 1, begun)
	}
}

func TestWhoWaitsNoMoreIsTold(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"says nothing", "sleeps", "computes for ever"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		r, err := script.StartAs(ctx, liarMarker+what+":"+t.TempDir()+"/begun", script.Config{Code: good, VMs: 1})
		if err == nil {
			_, err = r.Call(ctx, &script.Call{Rows: all()})
			require.NoError(t, r.Close())
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}
