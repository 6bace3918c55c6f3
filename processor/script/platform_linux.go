//go:build amd64 || arm64

package script

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// executable is the program itself, even after its file was replaced.
	executable = "/proc/self/exe"
	// pipeBytes is how much a pipe to a VM holds: a batch on its way while another is read.
	pipeBytes = 1 << 20
)

// environment is all that a child is told: nothing. The Go runtime needs none.
var environment = []string{}

func confineCommand(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return nil
}

func lockThread() (unlock func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}

// widen makes a pipe hold more, where the system allows.
func widen(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeBytes) })
	}
}

// preferAsVictim makes the child the first to be killed when the machine has no memory left, before the server.
func preferAsVictim(pid int) {
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("1000"), 0)
}

// oomKills is how many processes the machine has killed for want of memory; 0 where it does not tell.
func oomKills() int64 {
	stat, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	_, after, found := bytes.Cut(stat, []byte("\noom_kill "))
	if !found {
		return 0
	}
	line, _, _ := bytes.Cut(after, []byte("\n"))
	n, _ := strconv.ParseInt(string(line), 10, 64)
	return n
}

// threadClock reads how long a thread of the child has computed. It may have no answer.
type threadClock struct{ file *os.File }

func (c *threadClock) open(pid, thread int) {
	if f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(thread) + "/schedstat"); err == nil {
		c.file = f
	}
}

func (c *threadClock) read() (time.Duration, bool) {
	if c.file == nil {
		return 0, false
	}
	var b [64]byte
	n, _ := c.file.ReadAt(b[:], 0)
	first, _, _ := bytes.Cut(b[:n], []byte(" "))
	ns, err := strconv.ParseInt(string(first), 10, 64)
	return time.Duration(ns), err == nil
}

func (c *threadClock) close() {
	if c.file != nil {
		c.file.Close()
	}
}
