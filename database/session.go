package database

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"sync"
)

var (
	// ErrNoSession is the error of a statement whose context has no session.
	ErrNoSession = errors.New("database: statement outside a session: wrap it in Do, Read or Snapshot")
	// ErrSessionOver is the error of a statement whose session has ended: the context outlived it.
	ErrSessionOver = errors.New("database: the session has ended")
	// ErrNested is the error of a statement made with the context of an outer Do while an inner one is open, and of a
	// second inner one. Waiting instead would be waiting for oneself.
	ErrNested = errors.New("database: a nested Do is open: use the context that it gave to its function")
	// ErrFailed is the error of a statement, and of the commit, after another statement of the same Do has failed. One
	// database would carry on and another one would not, so nobody may: expect a failure in a nested Do. On PostgreSQL it
	// is that of the statements of a snapshot too.
	ErrFailed = errors.New("database: an earlier statement failed, the transaction can only be rolled back")
	// ErrClosed is the error of everything after Close.
	ErrClosed = errors.New("database: closed")
)

type sessionKey struct{}

// connection is what a session and those nested in it share: one transaction, spoken to by one goroutine at a time.
type connection struct {
	turn chan struct{} // who has put something in may speak; open rows keep it
	open func(ctx context.Context) (*sql.Conn, *sql.Tx, error)

	conn  *sql.Conn // guarded by turn, nil until the first statement
	tx    *sql.Tx
	who   identity // that row-level security knows of, where known; PostgreSQL only
	known bool

	mu   sync.Mutex
	rows *Rows // open ones, at most one
}

// session is what a context carries: a transaction, or a savepoint in one.
type session struct {
	*connection
	db     *DB
	write  bool
	parent *session // of a nested Do
	depth  int

	mu     sync.Mutex
	over   error // why it has ended; nil while it is open
	nested bool  // an inner Do is open
	failed error // the first statement that failed; write sessions only
	after  []func()
}

func newSession(d *DB, write bool, open func(ctx context.Context) (*sql.Conn, *sql.Tx, error)) *session {
	return &session{connection: &connection{turn: make(chan struct{}, 1), open: open}, db: d, write: write}
}

// current is the innermost session of the context that has not ended, or nil.
func current(ctx context.Context) *session {
	s, _ := ctx.Value(sessionKey{}).(*session)
	for s != nil && s.ended() != nil {
		s = s.parent
	}
	return s
}

// ended is why the session has, nil while it is open.
func (s *session) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// begin waits for the turn and says whether the session may still speak. Without an error, the caller gives the turn
// back. The transaction is open then.
func (s *session) begin(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	default:
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("wait for the transaction: %w", ctx.Err())
		}
	}
	if err := s.usable(ctx); err != nil {
		<-s.turn
		return err
	}
	return nil
}

func (s *session) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	over, nested, failed := s.over, s.nested, s.failed
	s.mu.Unlock()
	switch {
	case over != nil:
		return over
	case nested:
		return ErrNested
	case failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, failed)
	case s.tx != nil:
		return s.assume(ctx)
	}
	var err error
	if s.conn, s.tx, err = s.open(ctx); err != nil {
		return err
	}
	s.who, s.known = identityOf(ctx), true
	return nil
}

// fail keeps the first error of a write session's statements. PostgreSQL ends every transaction with it.
func (s *session) fail(err error) {
	if err == nil || !s.write && !s.db.isPostgres() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
}

// end lets no further statement in, whose error is why, closes rows that somebody left open, and takes the turn; the
// caller gives it back.
func (s *session) end(why error) {
	s.mu.Lock()
	s.over = why
	s.mu.Unlock()
	s.connection.mu.Lock()
	rows := s.rows
	s.connection.mu.Unlock()
	if rows != nil {
		_ = rows.end(why)
	}
	s.turn <- struct{}{}
}

// finish ends the transaction, where one was opened, by commit or rollback. A connection on which that fails is thrown
// away, and the transaction with it.
func (s *session) finish(commit bool) (err error) {
	if s.tx == nil {
		return nil
	}
	if commit {
		err = s.tx.Commit()
	} else {
		err = s.tx.Rollback()
	}
	if err != nil {
		_ = s.conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	}
	_ = s.conn.Close()
	if commit && err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
