//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"entrepot/definition"
	"entrepot/processor/script"
)

const (
	// goThread is what the Go runtime makes threads with, cThread what the C library does.
	goThread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	cThread  = goThread | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID
)

// only is a system call that a child may make with certain values of one argument.
type only struct {
	argument int
	values   []uint64
}

// allowed is the reviewed list of what a child may ask of the system: to compute, to use the pipes that it has, and nothing
// else. Without a condition: with whatever arguments.
func allowed(pid int) map[uint32]*only {
	a := map[uint32]*only{
		unix.SYS_CLONE:    {0, []uint64{goThread, goThread | unix.CLONE_SETTLS, cThread}},
		unix.SYS_TGKILL:   {0, []uint64{uint64(pid)}},
		unix.SYS_MMAP:     {2, []uint64{unix.PROT_NONE, unix.PROT_READ | unix.PROT_WRITE}},
		unix.SYS_MPROTECT: {2, []uint64{unix.PROT_NONE, unix.PROT_READ, unix.PROT_READ | unix.PROT_WRITE}},
		unix.SYS_PRCTL:    {0, []uint64{unix.PR_SET_VMA}},
	}
	for _, number := range []uint32{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_NANOSLEEP,
		unix.SYS_CLOCK_NANOSLEEP, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_RT_SIGACTION,
		unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL, unix.SYS_EXIT,
		unix.SYS_EXIT_GROUP, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_CLOCK_GETTIME, unix.SYS_GETRANDOM,
		unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CTL,
	} {
		a[number] = nil
	}
	return a
}

// refused are answered with an error; all else ends the child.
var refused = []uint32{unix.SYS_OPENAT, unix.SYS_NEWFSTATAT, unix.SYS_FACCESSAT, unix.SYS_READLINKAT, unix.SYS_CLONE3}

// decide is what the kernel does with a call that goes through filters: the strictest answer holds.
func decide(t *testing.T, filters []*bpf.VM, architecture, number uint32, arguments [6]uint64) uint32 {
	t.Helper()
	// struct seccomp_data, with each word as the interpreter at hand reads it.
	var data [64]byte
	binary.BigEndian.PutUint32(data[0:], number)
	binary.BigEndian.PutUint32(data[4:], architecture)
	for i, a := range arguments {
		binary.BigEndian.PutUint32(data[16+8*i:], uint32(a))
		binary.BigEndian.PutUint32(data[20+8*i:], uint32(a>>32))
	}
	strictest := uint32(unix.SECCOMP_RET_ALLOW)
	for _, filter := range filters {
		answer, err := filter.Run(data[:])
		require.NoError(t, err)
		// Actions are ordered as signed numbers.
		if int32(uint32(answer)&unix.SECCOMP_RET_ACTION_FULL) < int32(strictest&unix.SECCOMP_RET_ACTION_FULL) {
			strictest = uint32(answer)
		}
	}
	return strictest & unix.SECCOMP_RET_ACTION_FULL
}

// The filter allows what is on the list, for all numbers and for all arguments that could be taken for something else:
// numbers of other calls, flags and rights.
func TestFilterAllowsNothingElse(t *testing.T) {
	t.Parallel()
	const pid = 4711
	programs, err := script.Filters(pid)
	require.NoError(t, err)
	var filters []*bpf.VM
	for _, program := range programs {
		vm, err := bpf.NewVM(program)
		require.NoError(t, err)
		filters = append(filters, vm)
	}
	architecture := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	may := allowed(pid)

	telling := []uint64{
		0, 1, 2, 3, 4, 5, 6, 7, pid, pid + 1, unix.PR_SET_VMA, goThread, goThread | unix.CLONE_SETTLS, cThread,
		goThread &^ unix.CLONE_THREAD, uint64(syscall.SIGCHLD), unix.CLONE_VM | unix.CLONE_VFORK,
		1 << 32, 1<<32 | 3, 1<<32 | goThread, 1<<32 | pid, 1<<63 | 1, 1<<64 - 1,
	}
	check := func(number uint32, arguments [6]uint64) {
		want := uint32(unix.SECCOMP_RET_KILL_PROCESS)
		condition, listed := may[number]
		switch {
		case listed && (condition == nil || slices.Contains(condition.values, arguments[condition.argument])):
			want = unix.SECCOMP_RET_ALLOW
		case slices.Contains(refused, number):
			want = unix.SECCOMP_RET_ERRNO
		}
		if got := decide(t, filters, architecture, number, arguments); got != want {
			require.Failf(t, "another answer", "system call %d %v: %#x, not %#x", number, arguments, got, want)
		}
	}
	for number := range uint32(1024) {
		for _, a := range telling {
			check(number, [6]uint64{a, a, a, a, a, a})
			if may[number] == nil {
				continue
			}
			for b := range uint64(1024) {
				check(number, [6]uint64{a, 0, b})
				check(number, [6]uint64{b, 0, a})
			}
		}
	}
	for _, number := range []uint32{unix.SYS_READ, unix.SYS_OPENAT, unix.SYS_EXECVE} {
		// The numbers of other architectures mean other calls; those of x32 are known by a bit.
		require.NotEqual(t, uint32(unix.SECCOMP_RET_ALLOW), decide(t, filters, unix.AUDIT_ARCH_I386, number, [6]uint64{}))
		require.NotEqual(t, uint32(unix.SECCOMP_RET_ALLOW), decide(t, filters, unix.AUDIT_ARCH_ARM, number, [6]uint64{}))
		require.NotEqual(t, uint32(unix.SECCOMP_RET_ALLOW), decide(t, filters, architecture, number|0x4000_0000, [6]uint64{}))
	}
}

// probeMarker makes the test binary a child that walls itself in and then does what the name behind it says.
const probeMarker = "script-probe:"

// traceMarker makes the test binary a server of a few scripts, for strace to look at.
const traceMarker = "script-traced"

func init() {
	if len(os.Args) < 2 {
		return
	}
	if name, ok := strings.CutPrefix(os.Args[1], probeMarker); ok {
		script.ServeProbe(probes[name])
	}
	if os.Args[1] == traceMarker {
		serveTraced()
	}
}

func raw(number uintptr, arguments ...uintptr) func() error {
	return func() error {
		var a [6]uintptr
		copy(a[:], arguments)
		_, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		return errno
	}
}

// probes are what somebody would try who has taken the engine over.
var probes = map[string]func() error{
	"open a file":             func() error { _, err := os.Open("/etc/passwd"); return err },
	"make a file":             func() error { return os.WriteFile("/nowhere/probe", nil, 0o600) },
	"read a folder":           raw(unix.SYS_GETDENTS64, 0),
	"remove a file":           func() error { return os.Remove("/nowhere/probe") },
	"make a link":             func() error { return os.Symlink("/etc/passwd", "/nowhere/probe") },
	"change its folder":       raw(unix.SYS_CHDIR),
	"change its root":         raw(unix.SYS_CHROOT),
	"mount":                   raw(unix.SYS_MOUNT),
	"use a socket":            raw(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM),
	"use a pair of sockets":   raw(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM),
	"connect":                 raw(unix.SYS_CONNECT),
	"send a file":             raw(unix.SYS_SENDMSG),
	"make a pipe":             raw(unix.SYS_PIPE2),
	"double a file":           raw(unix.SYS_DUP, 1),
	"control a file":          raw(unix.SYS_IOCTL, 1),
	"change a file's flags":   raw(unix.SYS_FCNTL, 1),
	"run a program":           func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) },
	"run a program by handle": raw(unix.SYS_EXECVEAT),
	"fork":                    raw(unix.SYS_CLONE, uintptr(syscall.SIGCHLD)),
	"fork another way":        raw(unix.SYS_CLONE, unix.SYS_MMAP),
	"kill its parent":         raw(unix.SYS_KILL, uintptr(os.Getppid()), uintptr(syscall.SIGTERM)),
	"kill a thread elsewhere": raw(unix.SYS_TGKILL, uintptr(os.Getppid()), uintptr(os.Getppid()), uintptr(syscall.SIGTERM)),
	"open its parent":         raw(unix.SYS_PIDFD_OPEN, uintptr(os.Getppid())),
	"trace":                   raw(unix.SYS_PTRACE),
	"read another's memory":   raw(unix.SYS_PROCESS_VM_READV, uintptr(os.Getppid())),
	"run its data":            raw(unix.SYS_MMAP, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE),
	"run data as a call's number": raw(unix.SYS_MMAP, unix.PR_SET_VMA, 4096, unix.SYS_PRCTL|unix.PROT_EXEC,
		unix.MAP_ANON|unix.MAP_PRIVATE),
	"keep code in memory":    raw(unix.SYS_MEMFD_CREATE),
	"share memory":           raw(unix.SYS_SHMGET),
	"raise a limit":          func() error { return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 9, Max: 9}) },
	"become another user":    raw(unix.SYS_SETUID),
	"leave its name space":   raw(unix.SYS_UNSHARE, unix.CLONE_NEWUSER),
	"load a filter":          raw(unix.SYS_SECCOMP),
	"run in the kernel":      raw(unix.SYS_BPF),
	"use a ring of calls":    raw(unix.SYS_IO_URING_SETUP),
	"count events":           raw(unix.SYS_PERF_EVENT_OPEN),
	"handle faults":          raw(unix.SYS_USERFAULTFD),
	"use keys":               raw(unix.SYS_KEYCTL),
	"learn of the machine":   raw(unix.SYS_UNAME),
	"become undying":         raw(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG),
	"set an alarm":           raw(unix.SYS_TIMER_CREATE),
	"wait for another":       raw(unix.SYS_WAIT4),
	"call in 32 bits":        raw(unix.SYS_READ | 0x4000_0000),
	"call what is not there": raw(1000),
}

// Whoever takes the engine over can do nothing: the first try ends the child, and is seen.
func TestWhoTakesTheEngineOverCanDoNothing(t *testing.T) {
	t.Parallel()
	for name := range probes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := script.StartAs(t.Context(), probeMarker+name, script.Config{Code: good, VMs: 1})
			var e *script.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, definition.ErrorWorkerCrashed, e.Code)
			said := fmt.Sprint(errors.Unwrap(err))
			require.Contains(t, said, "probing")
			switch {
			case name == "open a file" || name == "make a file":
				require.Contains(t, said, "operation not permitted")
			case name == "call in 32 bits" && runtime.GOARCH == "amd64":
				require.Contains(t, said, "survived: function not implemented")
			default:
				require.NotContains(t, said, "survived")
				require.Contains(t, said, "signal: bad system call")
			}
		})
	}
}

// serveTraced runs scripts that end in every way.
func serveTraced() {
	for _, code := range []string{
		good, "function process() { " + hostile["loops natively"] + " }", "function process() { throw process() }",
	} {
		limits := limitsFor(string(definition.ErrorScriptTimeout))
		r, err := script.Start(context.Background(), script.Config{Code: code, Columns: columns, VMs: 2, Limits: limits})
		if err != nil {
			fmt.Fprintln(os.Stderr, err, errors.Unwrap(err))
			os.Exit(1)
		}
		for range 2 {
			_, _ = r.Call(context.Background(), &script.Call{Rows: threeRows()})
		}
		_ = r.Close()
	}
	os.Exit(0)
}

var (
	tracedCall  = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)$`)
	tracedChild = regexp.MustCompile(` = (\d+)$`)
)

// What strace sees of children once their filter is in place are calls on the list, and none that was refused for a
// mistake of ours.
func TestSystemCallsOfChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "calls")
	out, err := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-s", "64", "-e", "signal=none", "-o", file,
		os.Args[0], traceMarker).CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)

	reviewed := strings.Fields(`read write munmap madvise futex sched_yield nanosleep clock_nanosleep sched_getaffinity gettid
		getpid rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall exit exit_group set_robust_list rseq
		clock_gettime getrandom epoll_pwait epoll_ctl clone clone3 tgkill mmap mprotect prctl openat newfstatat`)
	children := map[string]string{}        // by thread: its process
	walled := map[string]map[string]bool{} // by process: what it has called behind its filters
	for line := range strings.Lines(string(text)) {
		m := tracedCall.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			require.NotContains(t, line, "SIGSYS")
			continue
		}
		thread, name, rest := m[1], m[2], m[3]
		if name == "execve" && strings.Contains(rest, `"script-child"`) {
			children[thread] = thread
		}
		process, isChild := children[thread]
		if !isChild {
			continue
		}
		if made := tracedChild.FindStringSubmatch(rest); made != nil && (name == "clone" || name == "clone3") {
			children[made[1]] = process
		}
		if walled[process] != nil {
			walled[process][name] = true
		}
		if name == "seccomp" && strings.HasSuffix(rest, " = 0") {
			walled[process] = map[string]bool{} // what came before was before the last filter
		}
	}
	require.GreaterOrEqual(t, len(walled), 3)
	for _, names := range walled {
		require.True(t, names["read"] && names["write"], "%v", names)
		for name := range names {
			require.Contains(t, reviewed, name)
		}
	}
}
