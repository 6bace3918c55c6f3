//go:build amd64 || arm64

package script

import (
	"runtime"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

const (
	// goThread is what the Go runtime makes threads with, on amd64 with CLONE_SETTLS too; cThread what the C library does,
	// which a program that is linked with it has to use. Its newer way (clone3) cannot be looked into, is answered as unknown,
	// and then left.
	goThread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	cThread  = goThread | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID
)

// policies list the system calls that a child may make: what the Go runtime needs to compute, and to read and write pipes
// that are open already. To look for a file is refused: the C library does so for hints, and goes on without. Every other
// call kills the process, so that an attack on the engine has one try, and is seen: it counts as a crash.
//
// The strictest of all policies holds. The last one knows names only. Those before it are about one system call and its
// argument each and allow all others: a filter made of a policy takes the argument for the number of a system call in what
// comes after a condition that failed, hence nothing may come after one. The order is that of installing, which the last
// one makes impossible.
func policies(pid int) []seccomp.Policy {
	stat := "newfstatat"
	if runtime.GOARCH == "arm64" {
		stat = "fstatat" // by the same number in either way
	}
	return []seccomp.Policy{
		unless("clone", 0, goThread, goThread|unix.CLONE_SETTLS, cThread),
		unless("tgkill", 0, uint64(pid)),
		// memory is never executable
		unless("mmap", 2, unix.PROT_NONE, unix.PROT_READ|unix.PROT_WRITE),
		unless("mprotect", 2, unix.PROT_NONE, unix.PROT_READ, unix.PROT_READ|unix.PROT_WRITE),
		// the runtime names its memory
		unless("prctl", 0, unix.PR_SET_VMA),
		{
			DefaultAction: seccomp.ActionKillProcess,
			Syscalls: []seccomp.SyscallGroup{
				{Action: seccomp.ActionAllow, Names: []string{
					"read", "write",
					"mmap", "munmap", "mprotect", "madvise", "prctl",
					// threads and their signals, with which the runtime interrupts them
					"clone", "futex", "sched_yield", "nanosleep", "clock_nanosleep", "sched_getaffinity", "gettid", "getpid", "tgkill",
					"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
					"set_robust_list", "rseq",
					// clocks, and what the runtime is seeded with
					"clock_gettime", "getrandom",
					// the runtime's sleepers
					"epoll_pwait", "epoll_ctl",
				}},
				{Action: seccomp.ActionErrno, Names: []string{"openat", stat, "faccessat", "readlinkat"}},
				{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			},
		},
	}
}

// unless kills the process that makes a system call without one of the values in one of its arguments.
func unless(name string, argument uint32, values ...uint64) seccomp.Policy {
	var others seccomp.ArgumentConditions
	for _, v := range values {
		others = append(others, seccomp.Condition{Argument: argument, Operation: seccomp.NotEqual, Value: v})
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{{
			Action: seccomp.ActionKillProcess, NamesWithCondtions: []seccomp.NameWithConditions{{Name: name, Conditions: others}},
		}},
	}
}
