// Package testdb gives every test a migrated database of its own: SQLite always, and PostgreSQL where its server is
// installed, as the role of the application. Databases are real ones; they are made once and copied.
//
// Each runs a test on both. New is SQLite, or what ENTREPOT_TEST_DATABASE=postgres says, so that a package can be tested
// as a whole on either.
package testdb

import (
	"context"
	"database/sql"
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

// With opens the database with a changed configuration; Path, or URL and MigrateURL, are set already.
func With(f func(*database.Config)) Option { return f }

// New is a migrated, empty database, closed and removed when the test ends.
func New(t testing.TB, options ...Option) *database.DB {
	t.Helper()
	if os.Getenv("ENTREPOT_TEST_DATABASE") == "postgres" {
		return NewPostgres(t, options...)
	}
	return NewSQLite(t, options...)
}

// Each runs the test once for each kind of database, as a parallel subtest named after it.
func Each(t *testing.T, f func(t *testing.T, db *database.DB), options ...Option) {
	t.Helper()
	for _, kind := range []struct {
		name string
		open func(t testing.TB, options ...Option) *database.DB
	}{
		{"sqlite", NewSQLite},
		{"postgres", NewPostgres},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			f(t, kind.open(t, options...))
		})
	}
}

// Raw is a pool that sees and may do everything in the database, past row-level security: for preparing what the
// application may not, and for looking at what it does not see.
func Raw(t testing.TB, db *database.DB) *sql.DB {
	t.Helper()
	if found, ok := raw.Load(db); ok {
		pool, ok := found.(*sql.DB)
		require.True(t, ok)
		return pool
	}
	return db.Writer()
}

var raw sync.Map // of *sql.DB by *database.DB

// NewSQLite is New on SQLite.
func NewSQLite(t testing.TB, options ...Option) *database.DB {
	t.Helper()
	template, err := sqliteTemplate()
	require.NoError(t, err)
	c := database.Config{Path: filepath.Join(t.TempDir(), "test.db")}
	require.NoError(t, os.WriteFile(c.Path, template, 0o600))
	return open(t, c, options)
}

func open(t testing.TB, c database.Config, options []Option) *database.DB {
	t.Helper()
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
	c := database.Config{Path: filepath.Join(dir, "template.db")}
	if err := database.Migrate(context.Background(), c); err != nil { // its last connection writes the log into the file
		return nil, err
	}
	return os.ReadFile(c.Path)
})
