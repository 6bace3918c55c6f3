package database

import (
	"container/list"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/lib/pq"
)

// connector makes connections of lib/pq that begin a transaction and say who asks in one round trip, and that keep
// statements prepared which come again: one round trip instead of two, and planned once.
type connector struct{ *pq.Connector }

// pqConn is what database/sql uses of a connection of lib/pq.
type pqConn interface {
	sqldriver.Conn
	sqldriver.ConnBeginTx
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqldriver.NamedValueChecker
	sqldriver.Pinger
	sqldriver.SessionResetter
	sqldriver.Validator
	sqldriver.Tx
}

// Connect opens a connection.
func (c *connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // a server, or what is before it, that starts or stops
		return nil, &net.OpError{Op: "dial", Net: "postgres", Err: fmt.Errorf("the connection was closed at once: %w", err)}
	}
	if err != nil {
		return nil, err
	}
	full, ok := inner.(pqConn)
	if !ok {
		_ = inner.Close()
		return nil, fmt.Errorf("database: a connection of lib/pq is a %T, which lacks a method", inner)
	}
	return &conn{pqConn: full, prepared: make(map[string]*list.Element), order: list.New()}, nil
}

// headKey is where a context carries the statement that follows BEGIN in the same message.
type headKey struct{}

const (
	// A plan may take 100 kB of the server's memory, on each connection.
	maxPrepared = 128
	// Long texts are bulk inserts and lists of ids: they differ each time.
	maxPreparedText = 8 << 10
)

// conn is used by one goroutine at a time, as database/sql promises.
type conn struct {
	pqConn
	prepared map[string]*list.Element // of *statement, by text
	order    *list.List               // the last used first
	stale    bool
}

// statement is a text that was seen once, or prepared because it was seen twice.
type statement struct {
	text string
	stmt preparedStmt
}

type preparedStmt interface {
	sqldriver.Stmt
	sqldriver.StmtExecContext
	sqldriver.StmtQueryContext
}

func (c *conn) BeginTx(ctx context.Context, options sqldriver.TxOptions) (sqldriver.Tx, error) {
	head, ok := ctx.Value(headKey{}).(string)
	if !ok {
		return c.pqConn.BeginTx(ctx, options)
	}
	begin := "BEGIN READ WRITE, ISOLATION LEVEL READ COMMITTED;"
	if options.ReadOnly {
		begin = "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ;"
	}
	if _, err := c.ExecContext(ctx, begin+head, nil); err != nil {
		_ = c.Rollback() // BEGIN may have succeeded; where it has not, this says so
		return nil, err
	}
	return c.pqConn, nil
}

func (c *conn) QueryContext(ctx context.Context, text string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	stmt, err := c.statement(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.pqConn.QueryContext(ctx, text, args)
	}
	rows, err := stmt.QueryContext(ctx, args)
	return rows, c.check(err)
}

func (c *conn) ExecContext(ctx context.Context, text string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	stmt, err := c.statement(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.pqConn.ExecContext(ctx, text, args)
	}
	result, err := stmt.ExecContext(ctx, args)
	return result, c.check(err)
}

// statement is the prepared one for a text that comes again; nil for one that came the first time, for a long one and
// for one without arguments, which lib/pq sends in one message anyway.
func (c *conn) statement(ctx context.Context, text string, args []sqldriver.NamedValue) (preparedStmt, error) {
	if len(args) == 0 || len(text) > maxPreparedText {
		return nil, nil
	}
	at, seen := c.prepared[text]
	if !seen {
		return nil, c.remember(text)
	}
	c.order.MoveToFront(at)
	s, _ := at.Value.(*statement)
	if s.stmt == nil {
		made, err := c.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		stmt, ok := made.(preparedStmt)
		if !ok {
			return nil, fmt.Errorf("database: a statement of lib/pq is a %T, which lacks a method", made)
		}
		s.stmt = stmt
	}
	return s.stmt, nil
}

func (c *conn) remember(text string) error {
	c.prepared[text] = c.order.PushFront(&statement{text: text})
	if c.order.Len() <= maxPrepared {
		return nil
	}
	last := c.order.Back()
	s, _ := c.order.Remove(last).(*statement)
	delete(c.prepared, s.text)
	if s.stmt == nil {
		return nil
	}
	return s.stmt.Close()
}

// check has the connection thrown away, once its transaction is over, where the server has forgotten what is prepared or
// the tables are others than it was prepared for.
func (c *conn) check(err error) error {
	switch sqlState(err) {
	case "0A000", "26000":
		c.stale = true
	}
	return err
}

// IsValid tells whether the connection may be used for another transaction.
func (c *conn) IsValid() bool { return !c.stale && c.pqConn.IsValid() }
