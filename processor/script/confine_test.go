//go:build linux && (amd64 || arm64)

package script_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"entrepot/processor/script"
)

// choreMarker begins the marker of a process that walls itself in as a child does, and then does a chore.
const choreMarker = "script-chore:"

// chores are what a child must be able to do, whatever the runtime needs for it.
var chores = map[string]func(){
	"threads": func() {
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				runtime.LockOSThread()
				pause := unix.NsecToTimespec(int64(10 * time.Millisecond))
				_ = unix.Nanosleep(&pause, nil)
			})
		}
		wait.Wait()
	},
	"garbage": func() {
		kept := make([][]byte, 100)
		for i := range 2000 {
			kept[i%len(kept)] = make([]byte, 100_000)
			if i%100 == 0 {
				runtime.GC()
			}
		}
	},
	"timers": func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		<-ctx.Done()
		time.Sleep(time.Millisecond)
	},
	"preemption": func() {
		done := make(chan bool)
		for range 2 * runtime.GOMAXPROCS(0) {
			go func() {
				sum := 0
				for n := range int(1e8) {
					sum += n
				}
				done <- sum > 0
			}()
		}
		for range 2 * runtime.GOMAXPROCS(0) {
			<-done
		}
	},
	"deep stacks": func() {
		var deep func(n int) int
		deep = func(n int) int {
			if n == 0 {
				return 0
			}
			return deep(n-1) + 1
		}
		deep(200_000)
	},
	"no file": func() {
		if _, err := os.Open("/etc/hostname"); err == nil {
			panic("it opened a file")
		}
		if _, err := os.Stat("/"); err == nil {
			panic("it looked at a folder")
		}
	},
}

func serveIfChore() {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], choreMarker) {
		return
	}
	runtime.GOMAXPROCS(2)
	if err := script.Confine(1, 1<<20, 10); err != nil {
		panic(err)
	}
	chores[strings.TrimPrefix(os.Args[1], choreMarker)]()
	os.Exit(0)
}

func TestAChildCanDoItsChores(t *testing.T) {
	t.Parallel()
	for what := range chores {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := exec.Command("/proc/self/exe", choreMarker+what)
			c.Env = []string{}
			said, err := c.CombinedOutput()
			require.NoError(t, err, "%s", said)
		})
	}
}

// The filter is made of names, whose numbers differ between processors.
func TestTheFilterIsWholeOnBothProcessors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x86_64", "aarch64"} {
		info, err := arch.GetInfo(name)
		require.NoError(t, err)
		for _, systemCall := range script.SystemCalls() {
			if name == "aarch64" && systemCall == "newfstatat" {
				systemCall = "fstatat"
			}
			_, known := info.SyscallNames[systemCall]
			require.True(t, known, "%s has no %s", name, systemCall)
		}
	}
}

// running starts a script with two VMs, lets them compute for a while, and gives their process.
func running(t *testing.T) (pid int) {
	t.Helper()
	limits := script.DefaultLimits()
	limits.CallCPU, limits.CallWall = time.Minute, time.Minute // until it was looked at, on however busy a machine
	r, err := script.Start(t.Context(), script.Config{
		Code: "let n = 0; function process(rows) { if (rows.length > 0) for (;;); return {} }", Columns: columns, VMs: 2,
		Limits: limits,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			_, err := r.Call(ctx, &script.Call{Rows: threeRows()})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	t.Cleanup(func() { cancel(); wait.Wait() })
	pid = script.PID(r)
	require.Eventually(t, func() bool { return cpuTicks(t, pid) >= 10 }, time.Minute, time.Millisecond)
	return pid
}

// cpuTicks is how long a process has computed, in hundredths of a second.
func cpuTicks(t *testing.T, pid int) int {
	t.Helper()
	fields := strings.Fields(read(t, pid, "stat"))
	user, err := strconv.Atoi(fields[13])
	require.NoError(t, err)
	return user
}

func read(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	require.NoError(t, err)
	return string(text)
}

func TestAChildHasNothing(t *testing.T) {
	t.Parallel()
	pid := running(t)
	require.Empty(t, read(t, pid, "environ"))
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	require.NoError(t, err)
	require.Equal(t, "/", cwd)
	group, err := unix.Getpgid(pid)
	require.NoError(t, err)
	require.Equal(t, pid, group, "a signal to the server's group does not reach it")
	require.Equal(t, "1000\n", read(t, pid, "oom_score_adj"))

	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	require.NoError(t, err)
	pipes := 0
	for _, file := range files {
		to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, file.Name()))
		require.NoError(t, err)
		if strings.HasPrefix(to, "pipe:") {
			pipes++
			continue
		}
		require.Contains(t, []string{"anon_inode:[eventpoll]", "anon_inode:[eventfd]"}, to, "the runtime's own")
	}
	require.Equal(t, 5, pipes, "one each way for each VM, and standard error")

	limits := read(t, pid, "limits")
	for _, want := range []string{
		"Max open files 0 0", "Max file size 0 0", "Max core file size 0 0", "Max cpu time 601 601",
	} {
		require.Contains(t, strings.Join(strings.Fields(limits), " "), want)
	}
	require.NotContains(t, strings.Join(strings.Fields(limits), " "), "Max address space unlimited")

	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	require.NoError(t, err)
	require.Greater(t, len(threads), 3)
	// The kernel gives 20 less nice.
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	require.NoError(t, err)
	for _, thread := range threads {
		number, err := strconv.Atoi(thread.Name())
		require.NoError(t, err)
		priority, err := unix.Getpriority(unix.PRIO_PROCESS, number)
		require.NoError(t, err)
		require.Equal(t, max(own-5, 1), priority, "it yields to the server")
		status := read(t, pid, "task/"+thread.Name()+"/status")
		require.Contains(t, status, "NoNewPrivs:\t1\n")
		require.Contains(t, status, "Seccomp:\t2\n")
	}
}

// parentMarker makes the process a server of a script that never ends, for a test to kill.
const parentMarker = "script-parent"

func serveIfParent() {
	if len(os.Args) < 2 || os.Args[1] != parentMarker {
		return
	}
	r, err := script.Start(context.Background(), script.Config{Code: "function process(rows) { for (;;); }", VMs: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(script.PID(r))
	_, err = r.Call(context.Background(), &script.Call{Rows: all()})
	panic(err)
}

func TestAChildEndsWithTheServer(t *testing.T) {
	t.Parallel()
	c := exec.Command("/proc/self/exe", parentMarker)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0))
	require.NoError(t, c.Process.Kill())
	_ = c.Wait()
	require.Eventually(t, func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		return err != nil || strings.Contains(string(status), "State:\tZ") // whoever inherits it may reap it late
	}, 5*time.Second, time.Millisecond)
}

// Somebody may type the marker.
func TestAChildWithoutAParentEnds(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{
		{}, {"1"}, {"0", "1", "1"}, {"1", "-1", "1"}, {"1", "1", "x"}, {"65", "1048576", "1"}, {"1", "1048576", "1"},
	} {
		c := exec.Command("/proc/self/exe", slices.Concat([]string{"script-child"}, arguments)...)
		said, err := c.CombinedOutput()
		if len(arguments) == 3 && arguments[0] == "1" && arguments[1] == "1048576" {
			require.NoError(t, err, "standard input is at its end")
			continue
		}
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 5, exit.ExitCode())
		require.Contains(t, string(said), "script: ")
	}
}
