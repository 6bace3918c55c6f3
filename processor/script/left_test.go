//go:build linux && (amd64 || arm64)

package script_test

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// What a server has of scripts once they have ended, however that was, is nothing: no process, file, goroutine or memory.
func TestNothingIsLeftOfHostileScripts(t *testing.T) { //nolint:paralleltest // it counts what the whole process has
	type things struct{ files, goroutines, processes int }
	count := func() (c things, heap uint64) {
		files, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		tasks, err := os.ReadDir("/proc/self/task")
		require.NoError(t, err)
		for _, task := range tasks {
			children, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children") // the thread may have ended
			c.processes += len(children)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		c.files, c.goroutines = len(files), runtime.NumGoroutine()
		return c, m.HeapAlloc
	}
	round := func() {
		for _, body := range hostile {
			run(t.Context(), t, "function process() { "+body+" }", limitsFor(string(definition.ErrorScriptTimeout)), 1)
		}
		run(t.Context(), t, "throw 1", limitsFor(""), 1)
		requireGood(t.Context(), t)
	}
	round()
	before, heapBefore := count()
	for range 3 {
		round()
	}
	after, heapAfter := count()
	// Goroutines end a moment after what they did can be seen.
	for until := time.Now().Add(5 * time.Second); after != before && time.Now().Before(until); after, heapAfter = count() {
		runtime.Gosched()
	}
	require.Equal(t, before, after)
	require.Less(t, heapAfter, heapBefore+1<<20)
}

// A file that somebody forgot to close for programs that are started does not reach a child, and nothing of the code
// stands where every user of the machine can read it.
func TestWhatTheServerHasDoesNotReachAChild(t *testing.T) {
	t.Parallel()
	forgotten, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	require.NoError(t, err)
	defer func() { _ = syscall.Close(forgotten) }()
	r, err := script.Start(t.Context(), script.Config{Code: good, Columns: columns, VMs: 1})
	require.NoError(t, err)
	defer r.Close()
	process := fmt.Sprintf("/proc/%d/", script.PID(r))
	files, err := os.ReadDir(process + "fd")
	require.NoError(t, err)
	for _, file := range files {
		to, err := os.Readlink(process + "fd/" + file.Name())
		require.NoError(t, err)
		require.NotContains(t, to, "/dev/")
	}
	line, err := os.ReadFile(process + "cmdline")
	require.NoError(t, err)
	require.Regexp(t, "^[^\x00]+\x00script-child(\x00[0-9]+){3}\x00$", string(line))
}
