package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"entrepot/definition"
	"entrepot/processor/script/engine"
)

// maxRequest is the most bytes in the body of a frame to the child.
const maxRequest = 64 << 20

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
