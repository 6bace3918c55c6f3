// Package migrations holds the SQL that brings a database to the present schema, for database.DB.Migrate.
//
// The numbered files are written by go run ./database/diff <name> and never changed afterwards. The triggers and the
// policies are written by hand and made again whenever they differ from what a database has, because a table that a
// migration rebuilds loses them, and a new one has none.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLiteTriggers are the triggers for SQLite: each begins with CREATE TRIGGER and ends with END; at a line's start.
//
//go:embed sqlite_triggers.sql
var SQLiteTriggers string

// PostgresTriggers are the triggers for PostgreSQL and their functions.
//
//go:embed postgres_triggers.sql
var PostgresTriggers string

// PostgresPolicies are row-level security and the grants to the application's role.
//
//go:embed postgres_policies.sql
var PostgresPolicies string

// SQLite is the folder of goose files for SQLite.
func SQLite() fs.FS { return folder("sqlite") }

// Postgres is the folder of goose files for PostgreSQL.
func Postgres() fs.FS { return folder("postgres") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the names are constant
	}
	return sub
}
