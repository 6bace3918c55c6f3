package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	atlas "ariga.io/atlas/sql/migrate"
	atlasschema "ariga.io/atlas/sql/schema"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
)

// ErrNoChange is Diff's answer where the migrations already lead to the tables.
var ErrNoChange = errors.New("the migrations already lead to this schema")

// Diff writes the migration that leads from what Config.Migrations make of an empty database to the given tables, as the
// text of a goose file for the database's kind. It drops columns and indexes that the tables do not have: read it before
// you keep it. Config names an empty PostgreSQL database, by MigrateURL, or nothing, for a temporary one of SQLite.
//
// The version is what the file's name will begin with. On SQLite the file records it in its own transaction, so that a
// process that is killed leaves either nothing or a migration that counts as applied; goose's record beside it does no
// harm.
func Diff(ctx context.Context, c Config, version int64, tables []*schema.Table) (_ string, err error) {
	if c.URL = c.MigrateURL; c.URL == "" {
		dir, err := os.MkdirTemp("", "entrepot-diff-")
		if err != nil {
			return "", fmt.Errorf("diff: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		c.Path = filepath.Join(dir, "replay.db")
	}
	db, err := Open(ctx, c)
	if err != nil {
		return "", fmt.Errorf("diff: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if db.isPostgres() {
		err = db.migratePostgresTables(ctx, db.writer)
	} else {
		err = db.migrateSQLiteTables(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("diff: replay the migrations: %w", err)
	}
	plan, err := db.pending(ctx, tables)
	if err != nil {
		return "", fmt.Errorf("diff: %w", err)
	}
	if db.isPostgres() {
		return postgresMigration(plan.Changes), nil
	}
	return sqliteMigration(plan.Changes, version), nil
}

// Pending compares the database with the tables and returns the statements that would make it so: none, or somebody
// forgot go run ./database/diff. On PostgreSQL it sees what the owner sees, with Config.MigrateURL.
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

func (d *DB) pending(ctx context.Context, tables []*schema.Table) (_ *atlas.Plan, err error) {
	tables, err = schema.CopyTables(tables) // Atlas leaves its marks on them
	if err != nil {
		return nil, err
	}
	pool := d.writer
	if d.isPostgres() {
		if pool, err = d.owner(ctx); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, pool.Close()) }()
	}
	var planned planKeeper
	options := []schema.MigrateOption{
		schema.WithDir(&atlas.MemDir{}), schema.WithFormatter(&planned), schema.WithErrNoPlan(true),
		schema.WithForeignKeys(true), schema.WithDropColumn(true), schema.WithDropIndex(true),
	}
	if d.isPostgres() {
		options = append(options, schema.WithDiffHook(ownKeysLast))
	}
	m, err := schema.NewMigrate(entsql.OpenDB(d.dialect, pool), options...)
	if err != nil {
		return nil, err
	}
	err = m.NamedDiff(ctx, "diff", tables...)
	if errors.Is(err, atlas.ErrNoPlan) {
		return nil, ErrNoChange
	}
	return planned.plan, err
}

// ownKeysLast adds the foreign keys of a new table to itself after its unique indexes, which they need.
func ownKeysLast(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlasschema.Schema) ([]atlasschema.Change, error) {
		changes, err := next.Diff(current, desired)
		if err != nil {
			return nil, err
		}
		var last []atlasschema.Change
		for i, change := range changes {
			add, ok := change.(*atlasschema.AddTable)
			if !ok {
				continue
			}
			table, keys := *add.T, &atlasschema.ModifyTable{T: add.T}
			table.ForeignKeys = nil
			for _, key := range add.T.ForeignKeys {
				if key.RefTable == add.T {
					keys.Changes = append(keys.Changes, &atlasschema.AddForeignKey{F: key})
				} else {
					table.ForeignKeys = append(table.ForeignKeys, key)
				}
			}
			if len(keys.Changes) > 0 {
				changes[i] = &atlasschema.AddTable{T: &table, Extra: add.Extra}
				last = append(last, keys)
			}
		}
		return append(changes, last...), nil
	})
}

// planKeeper is a formatter of migration files that writes none and keeps the plan.
type planKeeper struct{ plan *atlas.Plan }

func (k *planKeeper) Format(plan *atlas.Plan) ([]atlas.File, error) {
	k.plan = plan
	return nil, nil
}
