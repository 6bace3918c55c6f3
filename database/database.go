// Package database opens the database, migrates it and lends it out in sessions.
//
// Everybody who reads or writes calls it: graph, rest, upload, importer and queue program against Client, and the
// client's driver finds the transaction in the context. Do is the one way to change anything, Read and Snapshot are
// the ways to see one state of everything; a statement outside a session is refused, so that what must stand at the
// head of each transaction cannot be forgotten. What a statement may mean (who may see what) is ent's business.
//
// It promises that a session's statements never run at once on one connection, that nothing of a Do remains unless
// its commit succeeded, and that functions given to AfterCommit run only then.
//
// On PostgreSQL each transaction begins by telling the database who asks, for row-level security (docs/adr/0009).
//
// It may import ent, ent/migrate, viewer and River's migrator, and nothing else of the project.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"

	"entrepot/ent"
	_ "entrepot/ent/runtime" // hooks and policies run only where this is imported
)

// Config says which database to open.
type Config struct {
	// Path is the SQLite file; it is made, readable by its owner alone, where it does not exist. Its folder must.
	Path string

	// URL is the PostgreSQL database instead, postgres://…, as the role of the application: neither the owner of the
	// tables nor a superuser. See roles.sql. Settings in it, such as statement_timeout, override the defaults.
	URL string
	// MigrateURL is the same database as the role that owns the tables. Without it Migrate only checks that nothing is
	// missing.
	MigrateURL string
	// Wait bounds how long Open waits for a PostgreSQL server that does not answer yet: 30 seconds for 0.
	Wait time.Duration
	// Connections are the sizes of the pools on PostgreSQL.
	Connections Connections

	// Logger takes what has no caller to be returned to. Nil discards it.
	Logger *slog.Logger

	// OnStatement, where set, is called before each statement of a session, from the goroutine that makes it. BEGIN,
	// COMMIT and savepoints are not told.
	OnStatement func(ctx context.Context, query string)

	// Migrations are the goose files that Migrate applies; nil means those that are part of the program.
	Migrations fs.FS
}

// Connections are how many connections to PostgreSQL a process has, without those that listen for notifications. What is
// 0 is 8 for Read and Snapshot, 6 for Do, and 4 for the job queue. A Read may wait for a Do but never the reverse, hence
// not one pool for both.
type Connections struct{ Readers, Writers, Jobs int }

// DB is an open database. Its methods may be called by any number of goroutines.
type DB struct {
	path        string // of SQLite
	address     string // of PostgreSQL
	migrateURL  string // likewise
	dialect     string
	log         *slog.Logger
	onStatement func(ctx context.Context, query string)
	migrations  fs.FS

	writer  *sql.DB // one connection on SQLite
	readers *sql.DB // cannot write
	jobs    *sql.DB // the queue's; SQLite's writer
	client  *ent.Client
	closed  atomic.Bool
}

// Open opens the database and checks that it answers. It does not migrate it. On PostgreSQL it waits for a server that
// is starting; see Config.Wait.
func Open(ctx context.Context, c Config) (_ *DB, err error) {
	d := &DB{
		path: c.Path, address: c.URL, migrateURL: c.MigrateURL, dialect: dialect.SQLite, log: c.Logger,
		onStatement: c.OnStatement, migrations: c.Migrations,
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	switch {
	case (c.Path == "") == (c.URL == ""):
		return nil, errors.New("open database: name either Config.Path, a file, or Config.URL, a PostgreSQL database")
	case c.URL != "":
		d.dialect = dialect.Postgres
		if err := d.openPostgres(ctx, c); err != nil {
			return nil, errors.Join(fmt.Errorf("open database: %w", err), d.Close())
		}
	default:
		if d.writer, d.readers, err = openSQLite(ctx, c.Path); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		d.jobs = d.writer
		if err := d.Ping(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open database %s: %w", c.Path, err), d.Close())
		}
	}
	d.client = ent.NewClient(ent.Driver(driver{d}))
	return d, nil
}

// Dialect is the database's kind in Ent's words, dialect.SQLite or dialect.Postgres, for the few who must know.
func (d *DB) Dialect() string { return d.dialect }

func (d *DB) isPostgres() bool { return d.dialect == dialect.Postgres }

// Close closes the database. Statements that are still running end first; sessions that are still open fail.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	var errs []error
	for _, pool := range []*sql.DB{d.readers, d.writer, d.jobs} {
		if pool == nil {
			continue
		}
		// What a PostgreSQL connection says at its end is that it was cut before: no more is lost with it.
		if err := pool.Close(); !d.isPostgres() {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Client is the one Ent client. Each of its statements needs a session in the context; see Do, Read and Snapshot. Its
// own transactions (Tx, BeginTx) join the session's, and what hangs on their OnCommit comes too early: use AfterCommit.
func (d *DB) Client() *ent.Client { return d.client }

// Writer is the pool for River's client alone. On SQLite it holds the one connection that writes: whoever waits for it
// inside a Do waits for itself. On PostgreSQL it is a pool of its own, without anybody's identity: row-level security
// shows it no tenant's row, and River's tables have none.
func (d *DB) Writer() *sql.DB { return d.jobs }

// Ping checks that the database can be read and written, and changes nothing. It waits for a write transaction that is
// open: give it a context that ends.
func (d *DB) Ping(ctx context.Context) error {
	if d.closed.Load() {
		return ErrClosed
	}
	touch := touchFile
	if d.isPostgres() {
		touch = "SELECT 1"
	}
	if _, err := d.readers.ExecContext(ctx, touch); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := tx.Rollback(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
