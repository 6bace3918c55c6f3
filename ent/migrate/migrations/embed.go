// Package migrations holds the SQL that brings a database to the present schema, for database.DB.Migrate.
//
// The numbered files are written by go run ./database/diff <name> and never changed afterwards. The triggers are
// written by hand and made again whenever they differ from what a database has, because a table that a migration
// rebuilds loses them.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql
var files embed.FS

// SQLiteTriggers are the triggers for SQLite: each begins with CREATE TRIGGER and ends with END; at a line's start.
//
//go:embed sqlite_triggers.sql
var SQLiteTriggers string

// SQLite is the folder of goose files for SQLite.
func SQLite() fs.FS {
	sub, err := fs.Sub(files, "sqlite")
	if err != nil {
		panic(err) // the name is constant
	}
	return sub
}
