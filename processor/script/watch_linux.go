//go:build amd64 || arm64

package script

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"entrepot/processor/script/engine"
)

const (
	// tick is how often the child looks at the processor time of its scripts.
	tick = 10 * time.Millisecond
	// stubborn is how much longer than it may a script computes in one native operation before the whole child ends.
	stubborn = 50 * time.Millisecond
)

// watch looks at all scripts that run, for ever. One whose time is up is told to stop; if that does not help, the child
// tells its parent and ends. It has a thread, for it must not wait for the scripts.
func (s *server) watch() {
	runtime.LockOSThread()
	pause := unix.NsecToTimespec(int64(tick))
	for {
		_ = unix.Nanosleep(&pause, nil)
		spent := processTime()
		for _, v := range s.vms {
			v.look(spent)
		}
	}
}

func (v *served) look(spent time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.running {
		return
	}
	over := threadTime(v.thread) - v.began - v.callCPU
	importOver := spent - v.importCPU
	switch {
	case over > stubborn:
		v.last(engine.CallTimeFault())
	case importOver > stubborn:
		v.last(engine.ImportTimeFault())
	case over > 0:
		v.vm.Stop(engine.CallTime)
	case importOver > 0:
		v.vm.Stop(engine.ImportTime)
	}
}

// last answers in the place of a script that does not stop, and ends the child. The lock is held: the script's own thread
// cannot answer.
func (v *served) last(f *engine.Fault) {
	a := answer{Fault: f, Last: true}
	if b, err := appendAnswer(nil, v.request, &a); err == nil {
		v.write(b)
	}
	os.Exit(exitLast)
}

func processTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// threadTime is how long a thread of this process has computed. The number of its clock is made as the kernel makes it:
// the thread's number, inverted, and three bits for a thread's clock of time on a processor.
func threadTime(thread int) time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(int32(^uint32(thread)<<3|6), &t)
	return time.Duration(t.Nano())
}
