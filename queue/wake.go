package queue

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// wake tells River's fetchers of this process that a job was committed. It stands where a database with LISTEN would:
// River polls otherwise, and polling often enough to start an import at once keeps SQLite's one writer busy for
// nothing.
type wake struct{ queues chan string }

// up wakes a queue. It never blocks: whoever does not listen in time finds the job by polling.
func (w *wake) up(queue string) {
	select {
	case w.queues <- queue:
	default:
	}
}

// sqlite is River's driver with wake in place of its own notifications, which are rows of a table that a listener
// polls.
type sqlite struct {
	*riversqlite.Driver
	wake *wake
}

func sqliteDriver(db *sql.DB, w *wake) riverdriver.Driver[*sql.Tx] {
	return &sqlite{riversqlite.New(db), w}
}

func (d *sqlite) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{d.wake, p.Schema}
}

func (*sqlite) SupportsListener() bool { return true }

// SupportsListenNotify is false: nothing is to be written when a job is inserted.
func (*sqlite) SupportsListenNotify() bool { return false }

// insertTopic is what River's fetchers listen to.
const insertTopic = "river_insert"

// listener hears wake. It needs no connection, so most of its methods have nothing to do.
type listener struct {
	wake   *wake
	schema string
}

func (*listener) Connect(context.Context) error          { return nil }
func (*listener) Close(context.Context) error            { return nil }
func (*listener) Ping(context.Context) error             { return nil }
func (*listener) Listen(context.Context, string) error   { return nil }
func (*listener) Unlisten(context.Context, string) error { return nil }
func (*listener) SetAfterConnectExec(string)             {}
func (l *listener) Schema() string                       { return l.schema }

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case queue := <-l.wake.queues:
		return inserted(queue), nil
	}
}
