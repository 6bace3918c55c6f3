//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is the time that all threads of this process have computed until now.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
