//go:build unix

package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

type used struct {
	milliseconds int64
	peakMiB      int64
}

// usage is the CPU that this process has taken until now, and the most memory that it ever had.
func usage() used {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return used{}
	}
	return used{
		milliseconds: (r.Utime.Nano() + r.Stime.Nano()) / int64(time.Millisecond),
		peakMiB:      peak(r.Maxrss),
	}
}

// peak is the kernel's high-water mark where it tells one. Maxrss, in KiB on Linux, outlives an exec: a child starts with
// its parent's.
func peak(maxrss int64) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, rest, found := bytes.Cut(status, []byte("VmHWM:")); found {
			number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
			if kib, err := strconv.ParseInt(string(number), 10, 64); err == nil {
				return kib >> 10
			}
		}
	}
	return maxrss >> 10
}
