// Package testdb gives every test a migrated database of its own: SQLite always, and further databases where they are
// added to the list of Each. The database is a real one; it is made once per process and copied.
package testdb

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
)

// Option changes how a database is opened.
type Option func(*database.Config)

// OnStatement has every statement of a session told to f, which may be called by several goroutines at once.
func OnStatement(f func(ctx context.Context, query string)) Option {
	return func(c *database.Config) { c.OnStatement = f }
}

// With opens the database with a changed configuration; Path is set already.
func With(f func(*database.Config)) Option { return f }

// New is a migrated, empty database, closed and removed when the test ends.
func New(t testing.TB, options ...Option) *database.DB {
	t.Helper()
	return newSQLite(t, options)
}

// Each runs the test once for each kind of database, as a parallel subtest named after it.
func Each(t *testing.T, f func(t *testing.T, db *database.DB), options ...Option) {
	t.Helper()
	for _, kind := range []struct {
		name string
		open func(t testing.TB, options []Option) *database.DB
	}{
		{"sqlite", newSQLite},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			f(t, kind.open(t, options))
		})
	}
}

func newSQLite(t testing.TB, options []Option) *database.DB {
	t.Helper()
	template, err := sqliteTemplate()
	require.NoError(t, err)
	c := database.Config{Path: filepath.Join(t.TempDir(), "test.db")}
	require.NoError(t, os.WriteFile(c.Path, template, 0o600))
	for _, option := range options {
		option(&c)
	}
	db, err := database.Open(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// sqliteTemplate is the content of a migrated file.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "entrepot-testdb-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "template.db")
	db, err := database.Open(ctx, database.Config{Path: path})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := db.Close(); err != nil { // the last connection writes the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})
