//go:build amd64 || arm64

package script

import (
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

// policy lists the system calls that a child may make: what the Go runtime needs to compute, and to read and write pipes
// that are open already. To look for a file is refused: the C library does so for hints, and goes on without. Every other
// call kills the process, so that an attack on the engine has one try, and is seen: it counts as a crash. Names are the
// same on amd64 and arm64.
func policy(pid int) seccomp.Policy {
	onlyWith := func(name string, argument uint32, is uint64) seccomp.NameWithConditions {
		return seccomp.NameWithConditions{Name: name, Conditions: seccomp.ArgumentConditions{
			{Argument: argument, Operation: seccomp.Equal, Value: is},
		}}
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionKillProcess,
		Syscalls: []seccomp.SyscallGroup{
			{
				Action: seccomp.ActionAllow,
				Names: []string{
					"read", "write",
					// memory
					"munmap", "madvise",
					// threads and their signals, with which the runtime interrupts them
					"futex", "sched_yield", "nanosleep", "clock_nanosleep", "sched_getaffinity", "gettid", "getpid",
					"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
					"set_robust_list", "rseq",
					// clocks and sums
					"clock_gettime", "getrusage", "getrandom",
					// the runtime's sleepers
					"epoll_pwait", "epoll_ctl",
				},
				NamesWithCondtions: []seccomp.NameWithConditions{
					onlyWith("clone", 0, goThread),
					onlyWith("clone", 0, goThread|unix.CLONE_SETTLS),
					onlyWith("clone", 0, cThread),
					onlyWith("tgkill", 0, uint64(pid)),
					// memory is never executable
					onlyWith("mmap", 2, unix.PROT_NONE),
					onlyWith("mmap", 2, unix.PROT_READ|unix.PROT_WRITE),
					onlyWith("mprotect", 2, unix.PROT_NONE),
					onlyWith("mprotect", 2, unix.PROT_READ),
					onlyWith("mprotect", 2, unix.PROT_READ|unix.PROT_WRITE),
					// the runtime names its memory
					onlyWith("prctl", 0, unix.PR_SET_VMA),
				},
			},
			{Action: seccomp.ActionErrno, Names: []string{"openat", "newfstatat", "faccessat", "readlinkat"}},
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
		},
	}
}
