package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
)

var errRolledBack = errors.New("what Ent had begun was rolled back")

// Do runs f in a write transaction and commits it: the one way to change anything. The command names what is being
// done, for errors and records. Then the functions run, in order, that f gave to AfterCommit. Nothing is changed, and
// none of them runs, when f returns an error or panics, when the context ends before the commit, when a statement of f
// failed (ErrFailed, even where f went on), or when the commit fails, whose error is returned.
//
// A Do inside a Do is part of the outer one, behind a savepoint: its failure is undone alone and leaves the outer one
// usable; what it gave to AfterCommit waits for the outermost commit. Inside a Read or a Snapshot, Do is a transaction
// of its own, which these do not see.
//
// On SQLite one Do runs at a time, for all the program: compute first, write last. On PostgreSQL it is READ COMMITTED; a
// deadlock is not tried again, since f may have done more than write: its error is Unavailable. When f returns, its rows
// are closed and its goroutines have ended.
func (d *DB) Do(ctx context.Context, command string, f func(ctx context.Context) error) (err error) {
	s, err := d.beginDo(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	returned := false
	defer func() { // also when f panics or ends its goroutine
		keep := returned && err == nil
		if settled := s.settle(ctx, keep); settled != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", command, d.explain(settled)))
		}
		if returned && err == nil && s.parent == nil {
			d.runAfter(command, s.after)
		}
	}()
	err = f(context.WithValue(ctx, sessionKey{}, s))
	returned = true
	return err
}

// AfterCommit has f run once the outermost Do of the context is committed, and never if it is not. A panic of f is
// logged and keeps no other from running: the change is made. It panics outside a Do.
func AfterCommit(ctx context.Context, f func()) {
	s := current(ctx)
	if s == nil || !s.write {
		panic("database: AfterCommit outside a Do")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = append(s.after, f)
}

// Tx is the open write transaction of the context, nil outside a Do. It knows nothing of the session's turns: where
// several goroutines share the Do, and for whatever may fail, WithTx is the way.
func Tx(ctx context.Context) *sql.Tx {
	s := current(ctx)
	if s == nil || !s.write {
		return nil
	}
	return s.tx
}

// WithTx lends the write transaction of the context to f, while no other statement of the session runs. It is for
// libraries that want a *sql.Tx, such as River's InsertTx. An error of f fails the Do, as a statement's does.
func (d *DB) WithTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	s, ok := ctx.Value(sessionKey{}).(*session)
	if !ok || !s.write || s.db != d {
		return ErrNoSession
	}
	if err := s.begin(ctx); err != nil {
		return d.explain(err)
	}
	defer func() { <-s.turn }()
	err := f(s.tx)
	s.fail(err)
	return err
}

// beginDo opens a transaction, or a savepoint where the context has a transaction.
func (d *DB) beginDo(ctx context.Context) (*session, error) {
	outer := current(ctx)
	if outer == nil || !outer.write || outer.db != d {
		s := newSession(d, true, d.beginWrite)
		if err := s.begin(ctx); err != nil {
			return nil, d.explain(err)
		}
		<-s.turn
		return s, nil
	}
	s := &session{connection: outer.connection, db: d, write: true, parent: outer, depth: outer.depth + 1}
	if err := outer.begin(ctx); err != nil {
		return nil, d.explain(err)
	}
	defer func() { <-s.turn }()
	if _, err := s.tx.ExecContext(context.WithoutCancel(ctx), "SAVEPOINT "+s.name()); err != nil {
		outer.fail(err)
		return nil, err
	}
	outer.mu.Lock()
	defer outer.mu.Unlock()
	outer.nested = true
	return s, nil
}

func (s *session) name() string { return "nested_" + strconv.Itoa(s.depth) }

// settle ends the session by commit or rollback, and says why what was to be kept was not.
func (s *session) settle(ctx context.Context, keep bool) (err error) {
	s.end(ErrSessionOver)
	defer func() { <-s.turn }()
	if keep {
		err = s.refusal(ctx)
		keep = err == nil
	}
	if s.parent == nil {
		return errors.Join(err, s.finish(keep))
	}
	return errors.Join(err, s.rejoin(context.WithoutCancel(ctx), keep))
}

// refusal is why a function that returned without an error may not be committed.
func (s *session) refusal(ctx context.Context) error {
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return fmt.Errorf("%w: %w", ErrFailed, failed)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("before the commit: %w", ctx.Err())
	}
	return nil
}

// rejoin ends a nested session: the outer one goes on with its changes, or without them.
func (s *session) rejoin(ctx context.Context, keep bool) (err error) {
	statements := []string{"RELEASE " + s.name()}
	if !keep {
		s.known = false // the savepoint's identity is back
		statements = []string{"ROLLBACK TO " + s.name(), "RELEASE " + s.name()}
	}
	for _, statement := range statements {
		if _, err = s.tx.ExecContext(ctx, statement); err != nil {
			s.parent.fail(err) // some errors end the whole transaction: no savepoint is left
			err = fmt.Errorf("return to the outer transaction: %w", err)
			break
		}
	}
	s.parent.mu.Lock()
	defer s.parent.mu.Unlock()
	s.parent.nested = false
	if keep && err == nil {
		s.parent.after = append(s.parent.after, s.after...)
	}
	return err
}

func (d *DB) runAfter(command string, after []func()) {
	for _, f := range after {
		func() {
			defer func() {
				if p := recover(); p != nil {
					d.log.Error("a function panicked after a commit", "command", command, "panic", p, "stack", string(debug.Stack()))
				}
			}()
			f()
		}()
	}
}
