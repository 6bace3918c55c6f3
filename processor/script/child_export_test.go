//go:build linux && (amd64 || arm64)

package script

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// PID is the number of a Runner's process; 0 for none.
func PID(r *Runner) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child == nil {
		return 0
	}
	return r.child.cmd.Process.Pid
}

// CPU is how long the processes of a Runner have computed, that which goes on included.
func CPU(r *Runner) time.Duration {
	spent, pid := Spent(r), PID(r)
	if pid == 0 {
		return spent
	}
	// The number of a process's clock is made as the kernel makes it.
	var t unix.Timespec
	_ = unix.ClockGettime(int32(^uint32(pid)<<3|2), &t)
	return spent + time.Duration(t.Nano())
}

// StartAs starts with another marker than that of honest children: TestMain decides what it does.
func StartAs(ctx context.Context, kind string, c Config) (*Runner, error) {
	c.kind = kind
	return Start(ctx, c)
}

// ServeProbe walls this process in as a child does itself, and then does something that a child never does. It says what
// came of it, for whoever reads its last words.
func ServeProbe(probe func() error) {
	vms, memory, cpu, err := arguments(os.Args[2:])
	if err != nil {
		panic(err)
	}
	s := newServer(vms, memory, cpu)
	time.Local = time.UTC
	if err := s.confine(); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, "probing")
	fmt.Fprintln(os.Stderr, "survived:", probe())
	os.Exit(1)
}

// Filters are the programs that decide about each system call of a child with that number.
func Filters(pid int) ([][]bpf.Instruction, error) {
	var programs [][]bpf.Instruction
	for _, p := range policies(pid) {
		program, err := p.Assemble()
		if err != nil {
			return nil, err
		}
		programs = append(programs, program)
	}
	return programs, nil
}
