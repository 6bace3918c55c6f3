package database

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// ExecContext runs a statement in the context's session. Arguments may be whatever Ent may pass, times among them.
func (d *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, args, err := d.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer func() { <-s.turn }()
	result, err := s.tx.ExecContext(ctx, query, args...)
	s.fail(err)
	return result, err
}

// QueryContext runs a query in the context's session. Until its rows are read to the end or closed, every other
// statement of the session waits: one made between them by the same goroutine would wait for itself.
func (d *DB) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error) {
	s, args, err := d.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	rows, err := s.tx.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads the rows asks
	if err != nil {
		s.fail(err)
		<-s.turn
		return nil, err
	}
	r := &Rows{Rows: rows, session: s}
	s.connection.mu.Lock()
	s.rows = r
	s.connection.mu.Unlock()
	if s.ended() { // it looked for open rows before these were known
		_ = r.end(ErrSessionOver)
		return nil, ErrSessionOver
	}
	r.stop = context.AfterFunc(ctx, func() { _ = r.end(ctx.Err()) })
	return r, nil
}

// statement finds the session, takes its turn and makes the arguments what the database understands.
func (d *DB) statement(ctx context.Context, query string, args []any) (*session, []any, error) {
	s, ok := ctx.Value(sessionKey{}).(*session)
	if !ok {
		return nil, nil, ErrNoSession
	}
	if s.db != d {
		return nil, nil, fmt.Errorf("%w: the context's is of another database", ErrNoSession)
	}
	args, err := sqliteArguments(args)
	if err != nil {
		return nil, nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, nil, d.explain(err)
	}
	if d.onStatement != nil {
		d.onStatement(ctx, query)
	}
	return s, args, nil
}

// Rows are the rows of a query. They give the session's turn back when they are read to the end, closed, or their
// context ends.
type Rows struct {
	*sql.Rows
	session *session
	stop    func() bool

	once  sync.Once
	cause atomic.Pointer[error] // set before the rows are closed by anybody but their reader
}

// Next goes to the next row; false after the last one, or when Err says why there are no more.
func (r *Rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	_ = r.Close()
	return false
}

// Err is why there are no more rows, nil after the last one.
func (r *Rows) Err() error {
	if cause := r.cause.Load(); cause != nil {
		return *cause
	}
	return r.Rows.Err()
}

// Close ends the query. It may be called again.
func (r *Rows) Close() error {
	err := r.end(nil)
	r.stop()
	return err
}

func (r *Rows) end(cause error) (err error) {
	r.once.Do(func() {
		if cause != nil {
			r.cause.Store(&cause)
		}
		err = r.Rows.Close()
		s := r.session
		s.fail(r.Err())
		s.connection.mu.Lock()
		s.rows = nil
		s.connection.mu.Unlock()
		<-s.turn
	})
	return err
}

// driver is Ent's way to ExecContext and QueryContext.
type driver struct{ db *DB }

var _ dialect.Driver = driver{}

func (d driver) Exec(ctx context.Context, query string, args, v any) error {
	list, ok := args.([]any)
	if !ok {
		return fmt.Errorf("database: arguments are %T, want []any", args)
	}
	result, err := d.db.ExecContext(ctx, query, list...)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case *sql.Result:
		*v = result
	default:
		return fmt.Errorf("database: result goes to %T, want *sql.Result", v)
	}
	return nil
}

func (d driver) Query(ctx context.Context, query string, args, v any) error {
	list, ok := args.([]any)
	if !ok {
		return fmt.Errorf("database: arguments are %T, want []any", args)
	}
	to, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("database: rows go to %T, want *sql.Rows of Ent", v)
	}
	rows, err := d.db.QueryContext(ctx, query, list...)
	if err != nil {
		return err
	}
	to.ColumnScanner = rows
	return nil
}

// Tx joins the session's transaction, which alone commits. A rollback makes that impossible.
func (d driver) Tx(ctx context.Context) (dialect.Tx, error) {
	s := current(ctx)
	if s == nil {
		return nil, ErrNoSession
	}
	return &joined{driver: d, session: s}, nil
}

// BeginTx is Tx: the session has chosen the isolation.
func (d driver) BeginTx(ctx context.Context, _ *sql.TxOptions) (dialect.Tx, error) { return d.Tx(ctx) }

// Close does nothing: DB.Close closes.
func (driver) Close() error { return nil }

func (driver) Dialect() string { return dialect.SQLite }

// joined is a transaction that Ent opens inside a session.
type joined struct {
	driver
	session   *session
	committed bool
}

func (j *joined) Commit() error {
	j.committed = true
	return nil
}

func (j *joined) Rollback() error {
	if !j.committed {
		j.session.fail(errRolledBack)
	}
	return nil
}
