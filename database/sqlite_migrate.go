package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"entrepot/ent/migrate/migrations"
)

func (d *DB) migrateSQLite(ctx context.Context) (err error) {
	unlock, err := lockFile(ctx, d.path)
	if err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := d.migrateSQLiteTables(ctx); err != nil {
		return err
	}
	if err := d.migrateRiver(ctx); err != nil {
		return fmt.Errorf("make the tables of River: %w", err)
	}
	if err := d.Do(ctx, "make the reserved organization", d.reserveOrganization); err != nil {
		return err
	}
	return d.Do(ctx, "make the triggers", d.makeTriggers)
}

// migrateSQLiteTables applies the goose files.
func (d *DB) migrateSQLiteTables(ctx context.Context) (err error) {
	files := d.migrations
	if files == nil {
		files = migrations.SQLite()
	}
	if names, err := fs.Glob(files, "*.sql"); err != nil || len(names) == 0 {
		return err
	}
	// A connection of its own: one that fails in the middle of a file is left in a transaction and without foreign keys.
	pool, err := openMigrator(d.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		d.log.Info("migrated the database", "file", r.Source.Path, "duration", r.Duration)
	}
	return err
}

func (d *DB) migrateRiver(ctx context.Context) error {
	m, err := rivermigrate.New(riversqlite.New(d.writer), &rivermigrate.Config{Logger: d.log})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (d *DB) reserveOrganization(ctx context.Context) error {
	_, err := d.ExecContext(ctx, `INSERT INTO organizations (id, name, slug, created_at, updated_at)
		SELECT ?1, 'System', 'system', strftime('%Y-%m-%d %H:%M:%f', 'now'), strftime('%Y-%m-%d %H:%M:%f', 'now')
		WHERE NOT EXISTS (SELECT 1 FROM organizations WHERE id = ?1)`, SystemOrganization)
	return err
}

// makeTriggers makes the triggers anew that differ from the file, and drops those that it does not have.
func (d *DB) makeTriggers(ctx context.Context) error {
	wanted := triggers(migrations.SQLiteTriggers)
	present, err := d.presentTriggers(ctx)
	if err != nil {
		return err
	}
	for name, text := range present {
		if wanted[name] == text {
			continue
		}
		if _, err := d.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	for name, text := range wanted {
		if present[name] == text {
			continue
		}
		if _, err := d.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("trigger %s: %w", name, err)
		}
	}
	return nil
}

// presentTriggers are the triggers on our tables, by name.
func (d *DB) presentTriggers(ctx context.Context) (map[string]string, error) {
	rows, err := d.QueryContext(ctx,
		"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'river~_%' ESCAPE '~'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	present := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		present[name] = text
	}
	return present, rows.Err()
}

// triggers cuts the file into its statements, by the trigger's name.
func triggers(file string) map[string]string {
	found := make(map[string]string)
	for _, part := range strings.Split(file, "\nEND;") {
		_, text, ok := strings.Cut("\n"+part, "\nCREATE TRIGGER ")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(text, " ")
		found[name] = "CREATE TRIGGER " + text + "\nEND"
	}
	return found
}

// openMigrator opens one connection that writes, for migrations.
func openMigrator(path string) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", writerSource(path))
	if err == nil {
		pool.SetMaxOpenConns(1)
	}
	return pool, err
}

// sqliteMigration is the goose file of the changes: one transaction. Where a table is rebuilt, foreign keys are off around
// it, since dropping the old table would empty its children, and the switch does nothing inside a transaction; and the new
// table gets its name without a look at the triggers of others, which mean the one that is not there at that moment.
func sqliteMigration(changes []*atlas.Change, version int64) string {
	const off, on = "PRAGMA foreign_keys = off", "PRAGMA foreign_keys = on"
	const legacyOn, legacyOff = "PRAGMA legacy_alter_table = on", "PRAGMA legacy_alter_table = off"
	rebuilds := slices.ContainsFunc(changes, func(c *atlas.Change) bool { return c.Cmd == off })
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }

	line("-- +goose NO TRANSACTION")
	line("-- +goose Up")
	if rebuilds {
		line("%s;", off)
		line("%s;", legacyOn)
	}
	line("BEGIN IMMEDIATE;")
	for _, c := range changes {
		if c.Cmd == off || c.Cmd == on {
			continue
		}
		if c.Comment != "" {
			line("-- %s", c.Comment)
		}
		line("%s;", c.Cmd)
	}
	if rebuilds {
		line("-- refuse what points to nothing")
		line(`CREATE TEMP TABLE dangling ("table" text CONSTRAINT no_row_points_to_nothing CHECK ("table" IS NULL));`)
		line(`INSERT INTO temp.dangling SELECT "table" FROM pragma_foreign_key_check;`)
		line("DROP TABLE temp.dangling;")
	}
	line("-- applied with it, or not at all")
	line("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1);", version)
	line("COMMIT;")
	if rebuilds {
		line("%s;", legacyOff)
		line("%s;", on)
	}
	return b.String()
}
