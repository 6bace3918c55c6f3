package database

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	err = interrupted(ctx, err)
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
	running, cancel := ctx, func() {}
	if d.isPostgres() {
		running, cancel = context.WithCancel(ctx)
	}
	rows, err := s.tx.QueryContext(running, query, args...) //nolint:rowserrcheck // whoever reads the rows asks
	if err != nil {
		cancel()
		err = interrupted(ctx, err)
		s.fail(err)
		<-s.turn
		return nil, err
	}
	r := &Rows{Rows: rows, session: s, cancel: cancel}
	s.connection.mu.Lock()
	s.rows = r
	s.connection.mu.Unlock()
	if over := s.ended(); over != nil { // it looked for open rows before these were known
		_ = r.end(over)
		return nil, over
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
	store := sqliteTime
	if d.isPostgres() {
		store = postgresTime
	}
	args, err := arguments(args, store)
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

// interrupted says that a statement failed because its context ended, which PostgreSQL's error does not.
func interrupted(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}

// arguments replaces times, in whatever they are wrapped, by what is stored of them.
func arguments(args []any, store func(time.Time) any) ([]any, error) {
	var out []any
	for i, a := range args {
		switch a.(type) {
		case time.Time, *time.Time, sqldriver.Valuer:
		default:
			continue
		}
		v, err := sqldriver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("database: argument %d: %w", i+1, err)
		}
		t, ok := v.(time.Time)
		if !ok {
			continue
		}
		t = t.UTC()
		if y := t.Year(); y < 0 || y > 9999 {
			return nil, fmt.Errorf("database: argument %d: the year of %s has not four digits", i+1, t)
		}
		if out == nil {
			out = slices.Clone(args)
		}
		out[i] = store(t)
	}
	if out == nil {
		return args, nil
	}
	return out, nil
}

// Rows are the rows of a query. They give the session's turn back when they are read to the end, closed, or their
// context ends.
type Rows struct {
	*sql.Rows
	session *session
	stop    func() bool
	cancel  func() // ends the query, on PostgreSQL

	once  sync.Once
	cause atomic.Pointer[error] // set before the rows are closed by anybody but their reader
	last  atomic.Pointer[error] // what Err was when the rows were closed
}

// Next goes to the next row; false after the last one, or when Err says why there are no more.
func (r *Rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	_ = r.Close()
	return false
}

// Scan reads the row; its error is that of the context where that has ended meanwhile.
func (r *Rows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if cause := r.cause.Load(); err != nil && cause != nil {
		return *cause
	}
	return err
}

// Err is why there are no more rows, nil after the last one.
func (r *Rows) Err() error {
	if cause := r.cause.Load(); cause != nil {
		return *cause
	}
	if last := r.last.Load(); last != nil {
		return *last
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
			r.cancel() // closing would read what is left
		}
		err = r.Rows.Close()
		failed := r.Err()
		r.last.Store(&failed)
		r.cancel() // only now: what database/sql waits with may take this for why the rows have ended
		s := r.session
		s.fail(failed)
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

func (d driver) Dialect() string { return d.db.dialect }

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
