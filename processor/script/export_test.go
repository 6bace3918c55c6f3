package script

import "time"

// End closes a Runner and tells how long its processes computed in all, and the number of the last one, 0 for none.
func End(r *Runner) (cpu time.Duration, pid int) {
	r.mu.Lock()
	c := r.child
	r.mu.Unlock()
	_ = r.Close()
	if c != nil {
		cpu, pid = c.cpu(), c.cmd.Process.Pid
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return cpu + r.spent, pid
}
