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
// It may import ent, ent/migrate and River's migrator, and nothing else of the project.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"

	"entrepot/ent"
	_ "entrepot/ent/runtime" // hooks and policies run only where this is imported
)

// Config says which database to open.
type Config struct {
	// Path is the SQLite file; it is made, readable by its owner alone, where it does not exist. Its folder must.
	Path string

	// Logger takes what has no caller to be returned to. Nil discards it.
	Logger *slog.Logger

	// OnStatement, where set, is called before each statement of a session, from the goroutine that makes it. BEGIN,
	// COMMIT and savepoints are not told.
	OnStatement func(ctx context.Context, query string)

	// Migrations are the goose files that Migrate applies; nil means those that are part of the program.
	Migrations fs.FS
}

// DB is an open database. Its methods may be called by any number of goroutines.
type DB struct {
	path        string
	log         *slog.Logger
	onStatement func(ctx context.Context, query string)
	migrations  fs.FS

	writer  *sql.DB // one connection
	readers *sql.DB // cannot write
	client  *ent.Client
	closed  atomic.Bool
}

// Open opens the database and checks that it answers. It does not migrate it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Path == "" {
		return nil, errors.New("open database: Config.Path is empty: name the file")
	}
	d := &DB{path: c.Path, log: c.Logger, onStatement: c.OnStatement, migrations: c.Migrations}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if d.writer, d.readers, err = openSQLite(ctx, c.Path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", c.Path, err), d.Close())
	}
	d.client = ent.NewClient(ent.Driver(driver{d}))
	return d, nil
}

// Close closes the database. Statements that are still running end first; sessions that are still open fail.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	return errors.Join(d.readers.Close(), d.writer.Close())
}

// Client is the one Ent client. Each of its statements needs a session in the context; see Do, Read and Snapshot. Its
// own transactions (Tx, BeginTx) join the session's, and what hangs on their OnCommit comes too early: use AfterCommit.
func (d *DB) Client() *ent.Client { return d.client }

// Writer is the pool of the connection that writes, for River's client alone. It holds one connection: whoever waits
// for it inside a Do waits for itself.
func (d *DB) Writer() *sql.DB { return d.writer }

// Ping checks that the database can be read and written, and changes nothing. It waits for a write transaction that is
// open: give it a context that ends.
func (d *DB) Ping(ctx context.Context) error {
	if d.closed.Load() {
		return ErrClosed
	}
	if _, err := d.readers.ExecContext(ctx, touchFile); err != nil {
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
