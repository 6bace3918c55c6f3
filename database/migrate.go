package database

import (
	"context"
	"errors"
	"fmt"
)

// Migrate brings the database to the present schema: the migrations, River's own, and the fixed steps that follow them
// each time (the reserved organization, the triggers). Where nothing is missing it changes nothing. Several processes
// may start at once: one migrates, the others wait for it, as long as their contexts allow.
func (d *DB) Migrate(ctx context.Context) (err error) {
	unlock, err := lockFile(ctx, d.path)
	if err != nil {
		return fmt.Errorf("migrate: wait for others: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := d.migrateTables(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := d.migrateRiver(ctx); err != nil {
		return fmt.Errorf("migrate: River's tables: %w", err)
	}
	if err := d.Do(ctx, "make the reserved organization", d.reserveOrganization); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := d.Do(ctx, "make the triggers", d.makeTriggers); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// SystemOrganization is the reserved organization that system-wide definitions belong to.
const SystemOrganization = "org-system"
