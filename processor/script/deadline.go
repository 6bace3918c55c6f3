package script

import (
	"context"
	"sync"
	"time"
)

const (
	// lateness is how much longer than a call may compute the child is given to end it by itself.
	lateness = 150 * time.Millisecond
	// lookAgain is how often the processor time of a late call is looked at.
	lookAgain = 10 * time.Millisecond
)

// watch kills the child when a request takes too long, or when whoever waits for it does so no more.
type watch struct {
	slot   *slot
	limits *Limits
	stop   func() bool // of the context's watch
	wall   *time.Timer

	mu    sync.Mutex
	over  bool
	why   why
	late  *time.Timer
	began time.Duration // the thread's processor time when the script began
}

// why is what a watch killed the child for.
type why int

const (
	forNothing why = iota
	forContext
	forWall
	forCPU
)

func (s *slot) watch(ctx context.Context, l *Limits) *watch {
	w := &watch{slot: s, limits: l}
	w.mu.Lock() // until all is in place
	defer w.mu.Unlock()
	w.wall = time.AfterFunc(l.CallWall, func() { w.kill(forWall) })
	w.stop = context.AfterFunc(ctx, func() { w.kill(forContext) })
	return w
}

func (w *watch) kill(reason why) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.killLocked(reason)
}

func (w *watch) killLocked(reason why) {
	if !w.over && w.why == forNothing {
		w.why = reason
		w.slot.child.kill()
	}
}

// running tells that the child has all that it needs: from here on its time counts.
func (w *watch) running() {
	cpu, ok := w.slot.clock.read()
	if !ok {
		return // then the clock on the wall must do
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = cpu
	w.late = time.AfterFunc(w.limits.CallCPU+lateness, w.look)
}

// look kills a child whose thread has computed for too long and said nothing.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	cpu, ok := w.slot.clock.read()
	if !ok {
		return
	}
	left := w.limits.CallCPU + lateness - (cpu - w.began)
	if left <= 0 {
		w.killLocked(forCPU)
		return
	}
	w.late.Reset(max(left, lookAgain))
}

// end ends the watch: from here on it kills nothing. It tells what it killed for.
func (w *watch) end() why {
	w.stop()
	w.wall.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.late != nil {
		w.late.Stop()
	}
	return w.why
}
