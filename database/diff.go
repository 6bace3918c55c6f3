package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
)

// ErrNoChange is Diff's answer where the migrations already lead to the tables.
var ErrNoChange = errors.New("the migrations already lead to this schema")

// Diff writes the migration that leads from what the given ones make of an empty database to the given tables, as the
// text of a goose file for SQLite. It drops columns and indexes that the tables do not have: read it before you keep it.
//
// The version is what the file's name will begin with. The file records it in its own transaction, so that a process
// that is killed leaves either nothing or a migration that counts as applied; goose's record beside it does no harm.
func Diff(ctx context.Context, migrations fs.FS, version int64, tables []*schema.Table) (_ string, err error) {
	dir, err := os.MkdirTemp("", "entrepot-diff-")
	if err != nil {
		return "", fmt.Errorf("diff: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := Open(ctx, Config{Path: filepath.Join(dir, "replay.db"), Migrations: migrations})
	if err != nil {
		return "", fmt.Errorf("diff: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.migrateTables(ctx); err != nil {
		return "", fmt.Errorf("diff: replay the migrations: %w", err)
	}
	plan, err := db.pending(ctx, tables)
	if err != nil {
		return "", fmt.Errorf("diff: %w", err)
	}
	return sqliteMigration(plan.Changes, version), nil
}

// Pending compares the database with the tables and returns the statements that would make it so: none, or somebody
// forgot go run ./database/diff.
func (d *DB) Pending(ctx context.Context, tables []*schema.Table) ([]string, error) {
	plan, err := d.pending(ctx, tables)
	if errors.Is(err, ErrNoChange) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("compare the schema: %w", err)
	}
	statements := make([]string, len(plan.Changes))
	for i, change := range plan.Changes {
		statements[i] = change.Cmd
	}
	return statements, nil
}

func (d *DB) pending(ctx context.Context, tables []*schema.Table) (*atlas.Plan, error) {
	tables, err := schema.CopyTables(tables) // Atlas leaves its marks on them
	if err != nil {
		return nil, err
	}
	var planned planKeeper
	m, err := schema.NewMigrate(entsql.OpenDB(dialect.SQLite, d.writer), schema.WithDir(&atlas.MemDir{}),
		schema.WithFormatter(&planned), schema.WithErrNoPlan(true), schema.WithForeignKeys(true),
		schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		return nil, err
	}
	err = m.NamedDiff(ctx, "diff", tables...)
	if errors.Is(err, atlas.ErrNoPlan) {
		return nil, ErrNoChange
	}
	return planned.plan, err
}

// planKeeper is a formatter of migration files that writes none and keeps the plan.
type planKeeper struct{ plan *atlas.Plan }

func (k *planKeeper) Format(plan *atlas.Plan) ([]atlas.File, error) {
	k.plan = plan
	return nil, nil
}
