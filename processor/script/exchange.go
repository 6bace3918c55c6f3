package script

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

const (
	// lateness is how much longer than a call may compute the child is given to end it by itself.
	lateness = 150 * time.Millisecond
	// lookAgain is how often the processor time of a late call is looked at.
	lookAgain = 10 * time.Millisecond
	// maxRequest is the longest body of a frame to the child; maxRow is the longest row.
	maxRequest = 64 << 20
	maxRow     = 16 << 20
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

// prepare greets a VM and gives it the code, once.
func (s *slot) prepare(ctx context.Context, r *Runner, check bool) error {
	if s.ready {
		return nil
	}
	s.request++
	b, err := appendFrame(nil, frameSetup, s.request, r.setupOf(s.child, check))
	if err != nil {
		return err
	}
	a, err := s.exchange(ctx, &r.config.Limits, &rowSender{}, func(w *watch) error {
		if err := s.greet(); err != nil {
			return err
		}
		w.running()
		return s.send(b)
	})
	if err != nil {
		return err
	}
	if a.Fault != nil {
		s.child.kill() // it has the code, but not ready to run
		return errorOf(a.Fault)
	}
	s.ready = true
	return nil
}

func (r *Runner) setupOf(c *child, check bool) setup {
	s := r.setup
	s.ImportCPU, s.Check = int64(c.budget), check
	return s
}

// errRefused is that the child could not wall itself in.
type errRefused struct{ reason string }

func (e *errRefused) Error() string { return "the process of a script refuses: " + e.reason }

func (s *slot) greet() error {
	if s.greeted {
		return nil
	}
	f, err := readFrame(s.from, s.reply, 4096)
	if err != nil {
		return err
	}
	var g greeting
	if err := decode(f.body, &g); err != nil || f.kind != frameHello || f.request != 0 {
		return fmt.Errorf("greet a process: %w", errors.Join(errFrame, err))
	}
	if g.Refused != "" {
		return &errRefused{g.Refused}
	}
	s.greeted = true
	s.clock.open(s.child.cmd.Process.Pid, g.Thread)
	return nil
}

// exchange sends a request and reads its answer, under watch. rows tell what was sent, for the answer to be checked.
func (s *slot) exchange(ctx context.Context, l *Limits, rows *rowSender, send func(*watch) error) (*answer, error) {
	w := s.watch(ctx, l)
	answered := false
	defer func() {
		if !answered {
			s.child.kill() // a panic in what the caller gave: the child is amid a request
			w.end()
		}
	}()
	err := send(w)
	var a *answer
	if err == nil {
		a, err = s.answer(l, rows)
	}
	answered = true
	killedFor := w.end()
	if err == nil && killedFor == forNothing {
		if a.Last {
			s.child.end(true)
		}
		return a, nil
	}
	var given *givenError
	if errors.As(err, &given) && killedFor == forNothing {
		return nil, err
	}
	return nil, s.verdict(ctx, killedFor, err)
}

func (s *slot) send(b []byte) error {
	_, err := s.to.Write(b)
	return err
}

func (s *slot) answer(l *Limits, rows *rowSender) (*answer, error) {
	f, err := readFrame(s.from, s.reply, maxAnswer(l))
	if err != nil {
		return nil, err
	}
	s.reply = f.body
	if f.kind != frameAnswer || f.request != s.request {
		return nil, fmt.Errorf("read answer %d: %w: type %q of request %d", s.request, errFrame, f.kind, f.request)
	}
	a, err := readAnswer(f.body, l, rows.first, rows.last)
	if err == nil && a.Fault == nil && rows.called != (len(a.output) > 0) {
		return nil, fmt.Errorf("read answer %d: %w: with a result, or without", s.request, errFrame)
	}
	return a, err
}

// verdict ends the child and says what its failure means.
func (s *slot) verdict(ctx context.Context, killedFor why, err error) error {
	hungUp := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
	killed := s.child.end(hungUp)
	var refused *errRefused
	switch {
	case errors.As(err, &refused):
		return unavailable(err)
	case ctx.Err() != nil:
		return ctx.Err()
	case killedFor == forWall && s.greeted:
		return wallError(s.child.limits)
	case killedFor == forCPU:
		return errorOf(engine.CallTimeFault())
	case killed:
		return &errCrash{fmt.Errorf("%w (%s; it said: %s)", err, s.child.cmd.ProcessState, s.child.said)}
	}
	return s.child.death(err)
}

// death says what the end of a child means that nobody here killed.
func (c *child) death(err error) error {
	said := c.said.String()
	err = fmt.Errorf("%w (%s; it said: %s)", err, c.cmd.ProcessState, said)
	switch {
	case signaled(c.cmd.ProcessState, syscall.SIGKILL) && c.cpu() >= c.budget:
		return errorOf(engine.ImportTimeFault())
	case signaled(c.cmd.ProcessState, syscall.SIGKILL) && oomKills() > c.ooms,
		strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory"):
		e := errorOf(engine.MemoryFault(c.limits.MemoryBytes))
		e.cause = err
		return e
	}
	return &errCrash{err}
}

func signaled(state *os.ProcessState, signal syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

func wallError(l *Limits) *Error {
	limit := l.CallWall.String()
	return &Error{
		Code:    definition.ErrorScriptTimeout,
		Message: "The script took longer than " + limit + " for one site: make it do less, or try again when less goes on.",
		Params:  []definition.Param{{Name: "limit", Value: limit}},
	}
}

// givenError is what Rows gave, or what is wrong with rows: the child is well.
type givenError struct{ error }

func (e *givenError) Unwrap() error { return e.error }

// call sends rows and lets the script run.
func (s *slot) call(ctx context.Context, r *Runner, c *Call) (*Result, error) {
	s.request++
	head := callHead{Seed: r.seed(c.Site)}
	if c.Site != nil {
		head.Site = &engine.Site{Key: c.Site.Key, Name: c.Site.Name}
	}
	rows := rowSender{called: true, slot: s, limits: &r.config.Limits, first: math.MaxInt64}
	a, err := s.exchange(ctx, &r.config.Limits, &rows, func(w *watch) error {
		b, err := appendFrame(s.batch[:0], frameCall, s.request, head)
		if err != nil {
			return &givenError{err}
		}
		if err := s.send(b); err != nil {
			return err
		}
		if err := rows.send(c.Rows); err != nil {
			return err
		}
		w.running()
		return s.send(appendHeader(s.batch[:0], 0, frameRun, s.request))
	})
	if err != nil {
		var given *givenError
		if errors.As(err, &given) {
			return nil, given.error
		}
		return nil, err
	}
	result := &Result{Log: a.Log, LogTruncated: a.Truncated, Output: append([]byte(nil), a.output...)}
	if a.Fault != nil {
		return result, errorOf(a.Fault)
	}
	return result, nil
}

// rowSender sends rows in batches and counts them.
type rowSender struct {
	called      bool // a call is made, which has a result
	slot        *slot
	limits      *Limits
	rows        int
	bytes       int64
	first, last int64
}

func (t *rowSender) send(rows iter.Seq2[[]byte, error]) error {
	s := t.slot
	b := appendHeader(s.batch[:0], 0, frameRows, s.request)
	defer func() { s.batch = b }()
	for row, err := range rows {
		if err == nil {
			err = t.count(row)
		}
		if err != nil {
			if dropped := s.send(appendHeader(b[:0], 0, frameDrop, s.request)); dropped != nil {
				return dropped
			}
			return &givenError{err}
		}
		if len(b) > headerBytes && len(b)+len(row) > headerBytes+batchBytes {
			if err := t.flush(b); err != nil {
				return err
			}
			b = b[:headerBytes]
		}
		b = append(b, row...)
	}
	if len(b) == headerBytes {
		return nil
	}
	return t.flush(b)
}

func (t *rowSender) flush(b []byte) error {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-headerBytes))
	return t.slot.send(b)
}

func (t *rowSender) count(row []byte) error {
	t.rows++
	t.bytes += int64(len(row))
	if t.rows > t.limits.Rows {
		return limitError("A site has more than "+strconv.Itoa(t.limits.Rows)+" rows, more than code can be given: use aggregates, "+
			"or split the file by site.", int64(t.limits.Rows))
	}
	if t.bytes > t.limits.RowBytes || len(row) > maxRow {
		return limitError("The rows of a site are longer than "+strconv.FormatInt(t.limits.RowBytes, 10)+" bytes, more than code "+
			"can be given: leave columns out, or split the file by site.", t.limits.RowBytes)
	}
	n, size := binary.Uvarint(row)
	if size <= 0 || n == 0 || n > math.MaxInt64 {
		return fmt.Errorf("send a row: %w", errRow)
	}
	t.first, t.last = min(t.first, int64(n)), max(t.last, int64(n))
	return nil
}
