package database

import (
	"context"
	"errors"
	"fmt"
)

// Migrate brings the database to the present schema: the migrations, River's own, and the fixed steps that follow them
// each time (the reserved organization, the triggers, row-level security). Where nothing is missing it changes nothing.
// Several processes may start at once: one migrates, the others wait for it, as long as their contexts allow.
//
// On PostgreSQL it works as the owner of the tables, with Config.MigrateURL. Where that is empty it changes nothing, and
// its error says what is missing.
func (d *DB) Migrate(ctx context.Context) error {
	migrate := d.migrateSQLite
	if d.isPostgres() {
		migrate = d.migratePostgres
	}
	if err := migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Migrate migrates a database without opening it for anything else. On PostgreSQL Config.MigrateURL is enough.
func Migrate(ctx context.Context, c Config) (err error) {
	if c.MigrateURL != "" && c.Path == "" {
		c.URL = c.MigrateURL
	}
	db, err := Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Migrate(ctx)
}

// SystemOrganization is the reserved organization that system-wide definitions belong to.
const SystemOrganization = "org-system"
