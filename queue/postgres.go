package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
)

// riverSchema is where River's tables are on PostgreSQL. The role that works there does not own them.
const riverSchema = "river"

// postgres is River's driver for database/sql with what it has not: LISTEN, over a connection of lib/pq, and two methods
// that River has wanted since its version was made. The listener hears wake too, since River notifies of one job per
// queue and fetchCooldown only.
type postgres struct {
	*riverdatabasesql.Driver
	url    string
	client string // River's id of this process
	wake   *wake
}

func postgresDriver(db *sql.DB, url, client string, w *wake) riverdriver.Driver[*sql.Tx] {
	return &postgres{riverdatabasesql.New(db), url, client, w}
}

func (d *postgres) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &postgresListener{url: d.url, client: d.client, wake: d.wake, schema: p.Schema}
}

func (*postgres) SupportsListener() bool { return true }

// SQLFragmentColumnContainsAll is a condition for an array that has all the values.
func (*postgres) SQLFragmentColumnContainsAll(column, arg string, values []string) (string, any, error) {
	return fmt.Sprintf("%s @> @%s", column, arg), pq.Array(values), nil
}

// SQLFragmentColumnContainsAny is a condition for an array that has one of the values.
func (*postgres) SQLFragmentColumnContainsAny(column, arg string, values []string) (string, any, error) {
	return fmt.Sprintf("%s && @%s", column, arg), pq.Array(values), nil
}

const (
	// unread is how many notifications wait before the connection does; River reads them all the time.
	unread = 1024
	// answerWithin is how long the server may take to answer the connection that listens.
	answerWithin = 10 * time.Second
)

var errNoListener = errors.New("listen: the connection is closed")

// postgresListener is the connection that River listens on. River opens it again, after a pause, when it is lost; jobs
// are found by polling meanwhile.
type postgresListener struct {
	url    string
	client string
	wake   *wake
	schema string

	mu       sync.Mutex
	conn     *pq.ListenerConn
	received chan *pq.Notification
}

func (l *postgresListener) Connect(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		return errors.New("listen: connected already")
	}
	received := make(chan *pq.Notification, unread)
	type attempt struct {
		conn *pq.ListenerConn
		err  error
	}
	result := make(chan attempt, 1)
	go func() { // lib/pq takes no context here
		conn, err := pq.NewListenerConn(l.url, received)
		if err == nil {
			if err = exec(conn, showAlive(l.client)); err != nil {
				hangUp(conn, received)
			}
		}
		result <- attempt{conn, err}
	}()
	select {
	case a := <-result:
		if a.err != nil {
			return fmt.Errorf("listen: %w", a.err)
		}
		l.conn, l.received = a.conn, received
		return nil
	case <-ctx.Done():
		go func() {
			if a := <-result; a.err == nil {
				hangUp(a.conn, received)
			}
		}()
		return fmt.Errorf("listen: %w", ctx.Err())
	}
}

func (l *postgresListener) Close(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		hangUp(l.conn, l.received)
		l.conn, l.received = nil, nil
	}
	return nil
}

// hangUp ends a connection. The goroutine of lib/pq that reads from it ends when nothing unread keeps it waiting.
func hangUp(conn *pq.ListenerConn, received <-chan *pq.Notification) {
	_ = conn.Close()     // it may be lost already
	for range received { //nolint:revive // until it is closed
	}
}

func (l *postgresListener) connected() (*pq.ListenerConn, <-chan *pq.Notification, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil, nil, errNoListener
	}
	return l.conn, l.received, nil
}

// exec runs a statement. It gives the connection up when that takes too long.
func (l *postgresListener) exec(statement string) error {
	conn, _, err := l.connected()
	if err != nil {
		return err
	}
	return exec(conn, statement)
}

func exec(conn *pq.ListenerConn, statement string) error {
	timer := time.AfterFunc(answerWithin, func() { _ = conn.Close() })
	defer timer.Stop()
	if _, err := conn.ExecSimpleQuery(statement); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

func (l *postgresListener) Ping(context.Context) error { return l.exec("") }

func (l *postgresListener) Listen(_ context.Context, topic string) error {
	return l.exec("LISTEN " + pq.QuoteIdentifier(l.channel(topic)))
}

func (l *postgresListener) Unlisten(_ context.Context, topic string) error {
	return l.exec("UNLISTEN " + pq.QuoteIdentifier(l.channel(topic)))
}

func (l *postgresListener) Schema() string           { return l.schema }
func (*postgresListener) SetAfterConnectExec(string) {}

// channel is what River calls a topic of its schema.
func (l *postgresListener) channel(topic string) string { return l.schema + "." + topic }

func (l *postgresListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	_, received, err := l.connected()
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case queue := <-l.wake.queues:
		return inserted(queue), nil
	case n, ok := <-received:
		if !ok {
			return nil, errNoListener
		}
		return &riverdriver.Notification{
			Topic: strings.TrimPrefix(n.Channel, l.channel("")), Payload: n.Extra,
		}, nil
	}
}

// inserted is what River notifies of a new job with.
func inserted(queue string) *riverdriver.Notification {
	return &riverdriver.Notification{Topic: insertTopic, Payload: `{"queue":` + strconv.Quote(queue) + `}`}
}
