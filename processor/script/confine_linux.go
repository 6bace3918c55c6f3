//go:build amd64 || arm64

package script

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// How much memory a child may use beyond the heaps of its engines: for itself and deep recursion, and for the two threads
// of each engine, to which the C library gives much where a program is linked with it.
const (
	outside = 128 << 20
	threads = 16 << 20
)

// politeness is how much lower the priority of a child is than the server's, in steps of nice. Where a thread of each wants
// the same processor, the child's gets a fourth of it: a call that computes for all of its 2 s still ends within its 10 s by
// the clock. With twice as many steps it would get a tenth, and a script be at fault for what others do.
const politeness = 5

// confine takes away everything that the child does not need, for ever and for all its threads, before anything of a
// tenant's is read.
func (s *server) confine() error {
	// What the runtime opens when it first sleeps must be open by then.
	time.Sleep(time.Nanosecond)
	lowerPriority()
	if err := closeFiles(len(s.vms)); err != nil {
		return err
	}
	heaps := (s.memory + threads) * int64(len(s.vms))
	mapped, data, err := memoryInUse()
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		name     string
		resource int
		most     uint64
	}{
		{"address space", unix.RLIMIT_AS, uint64(mapped + heaps + detector + 2<<30)},
		{"memory", unix.RLIMIT_DATA, uint64(data + heaps + detector + outside)},
		{"open files", unix.RLIMIT_NOFILE, 0},
		{"file size", unix.RLIMIT_FSIZE, 0},
		{"core file", unix.RLIMIT_CORE, 0},
		{"processor time", unix.RLIMIT_CPU, uint64(s.cpu) + 1},
	} {
		if err := unix.Setrlimit(limit.resource, &unix.Rlimit{Cur: limit.most, Max: limit.most}); err != nil {
			return fmt.Errorf("limit %s: %w", limit.name, err)
		}
	}
	// The thread that gives privileges up is the one that installs the first filter, on all threads: those give them up too.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i, policy := range policies(os.Getpid()) {
		filter := seccomp.Filter{NoNewPrivs: i == 0, Flag: seccomp.FilterFlagTSync, Policy: policy}
		if err := seccomp.LoadFilter(filter); err != nil {
			return fmt.Errorf("install a filter of system calls: %w", err)
		}
	}
	return nil
}

// lowerPriority has all threads yield to those of the server; what they make has the priority of its maker. A thread that is
// being made meanwhile may not be on the list: hence it is read until nothing on it is left to do. Where the system refuses,
// the child goes on as it is: this keeps nobody in.
func lowerPriority() {
	was, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return
	}
	// The kernel gives 20 less nice, from 40 to 1.
	low := max(was-politeness, 1)
	for again := true; again; {
		again = false
		tasks, _ := os.ReadDir("/proc/self/task")
		for _, task := range tasks {
			thread, err := strconv.Atoi(task.Name())
			if err != nil {
				continue
			}
			is, err := unix.Getpriority(unix.PRIO_PROCESS, thread) // an error: it has ended
			if err == nil && is > low && unix.Setpriority(unix.PRIO_PROCESS, thread, 20-low) == nil {
				again = true
			}
		}
	}
}

// closeFiles closes what packages have opened as they were loaded, such as the runtime the limits of its container.
func closeFiles(vms int) error {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list open files: %w", err)
	}
	for _, file := range files {
		number, err := strconv.Atoi(file.Name())
		if err != nil || number <= 2*vms {
			continue // pipes
		}
		to, err := os.Readlink("/proc/self/fd/" + file.Name())
		if err == nil && !strings.HasPrefix(to, "anon_inode:") { // with which the runtime sleeps
			_ = unix.Close(number)
		}
	}
	return nil
}

// memoryInUse is the address space that is in use, and what of it can be written.
func memoryInUse() (mapped, data int64, err error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, fmt.Errorf("read the size of the process: %w", err)
	}
	var resident, shared, text, library int64
	if _, err := fmt.Sscan(string(statm), &mapped, &resident, &shared, &text, &library, &data); err != nil {
		return 0, 0, fmt.Errorf("read the size of the process: %w", err)
	}
	page := int64(os.Getpagesize())
	return mapped * page, data * page, nil
}
