package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// All that is peculiar to SQLite stands in the files sqlite*.go.

const (
	busyTimeout = 5 * time.Second // how long another process may hold the file
	readers     = 16              // connections that read

	touchFile = "SELECT 1 FROM sqlite_master LIMIT 1" // reads the file, which SELECT 1 does not
)

// timeText is how times are stored: UTC, fixed width, so that they compare and sort as text, to the millisecond. River
// writes the same, and so do the triggers: strftime('%Y-%m-%d %H:%M:%f', 'now').
const timeText = "2006-01-02 15:04:05.000"

// sqliteSource names a file with what every connection to it needs. busy_timeout comes first, so that what follows
// waits too.
func sqliteSource(path string, options ...string) string {
	options = append([]string{
		fmt.Sprintf("_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()),
		"_time_format=sqlite", "_timezone=UTC",
	}, options...)
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path // file:/C:/…
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(options, "&")
}

// writerSource is for connections that write. What was acknowledged survives a power cut: synchronous(FULL).
func writerSource(path string) string {
	return sqliteSource(path, "_txlock=immediate",
		"_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)", "_pragma=synchronous(FULL)")
}

// openSQLite opens the file, which it makes where there is none, for one connection that writes and several that read.
func openSQLite(ctx context.Context, path string) (writer, reader *sql.DB, err error) {
	if err := makeFile(path); err != nil {
		return nil, nil, err
	}
	// The first connection makes it a file with a write-ahead log. Of two processes that do so at once, SQLite refuses one
	// immediately, whatever its busy_timeout: hence one after the other.
	unlock, err := lockFile(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	writer, err = sql.Open("sqlite", writerSource(path))
	if err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	if err := writer.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	// Deferred: an immediate transaction would wait for the writer.
	reader, err = sql.Open("sqlite", sqliteSource(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return writer, reader, nil
}

// making guards the moment in which this package has a database file open beside SQLite: the operating system drops
// all locks that a process has on a file when the process closes any descriptor of it, SQLite's with them. For the same
// reason nothing else in the process may open the file: https://sqlite.org/howtocorrupt.html.
var making sync.Mutex

// makeFile makes the file where there is none, and readable by its owner alone in any case: it holds everybody's data.
// SQLite gives its mode to -wal and -shm.
func makeFile(path string) error {
	making.Lock()
	defer making.Unlock()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return os.Chmod(path, 0o600)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// lockFile keeps other processes and goroutines, who ask too, from what one alone may do to the file. The lock is an
// exclusive transaction on an empty database beside it: the operating system gives it back when its holder dies, and
// it works everywhere.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	pool, err := sql.Open("sqlite", sqliteSource(path+"-lock", "_txlock=exclusive", "_pragma=busy_timeout(100)"))
	if err != nil {
		return nil, err
	}
	for {
		tx, err := pool.BeginTx(context.WithoutCancel(ctx), nil)
		if err == nil {
			return func() error { return errors.Join(tx.Rollback(), pool.Close()) }, nil
		}
		if ctx.Err() != nil || !busy(err) {
			return nil, errors.Join(fmt.Errorf("lock %s-lock: %w", path, err), ctx.Err(), pool.Close())
		}
	}
}

func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// sqliteTime is the text of a time.
func sqliteTime(t time.Time) any { return t.Format(timeText) }

// sqliteConstraint reads the violated constraint out of an error of the driver. The code gives the kind; only the name
// stands nowhere but in the text.
func sqliteConstraint(err error) (*ConstraintError, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil, false
	}
	c := &ConstraintError{err: err}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		c.Kind = Unique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		c.Kind = ForeignKey
		return c, true // SQLite does not say which
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		c.Kind = Check
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		c.Kind = NotNull
	case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		c.Kind = Trigger
	default:
		return nil, false
	}
	// constraint failed: UNIQUE constraint failed: users.email (2067)
	text := strings.TrimPrefix(e.Error(), "constraint failed: ")
	text = strings.TrimSuffix(text, fmt.Sprintf(" (%d)", e.Code()))
	if c.Kind == Trigger { // stable_name: sentence
		c.Name, _, _ = strings.Cut(text, ":")
		return c, true
	}
	_, name, _ := strings.Cut(text, " constraint failed: ")
	if index, ok := strings.CutPrefix(name, "index '"); ok {
		name = strings.TrimSuffix(index, "'")
	}
	c.Name = strings.ReplaceAll(name, ", ", ",")
	return c, true
}

// sqliteUnavailable reports errors of the file, the disk and of others who hold it.
func sqliteUnavailable(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM:
		return true
	}
	return false
}
