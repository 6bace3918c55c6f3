package script

import "time"

// End closes a Runner and gives the number of its last process, 0 for none.
func End(r *Runner) (pid int) {
	r.mu.Lock()
	c := r.child
	r.mu.Unlock()
	_ = r.Close()
	if c == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// Spent is how long the processes of a Runner that have ended have computed.
func Spent(r *Runner) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spent
}
