package database

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
)

// Hold keeps a row that the context may see as it is until the Do ends: whoever else changes it, or calls Hold or Share,
// waits, and then sees what was changed; whoever only refers to it does not wait. Without such a row nothing is held. On SQLite
// there is one Do at a time anyway.
func (d *DB) Hold(ctx context.Context, table string, id any) error {
	return d.lock(ctx, table, id, "NO KEY UPDATE")
}

// Share is Hold that others may call at the same time, though not Hold.
func (d *DB) Share(ctx context.Context, table string, id any) error {
	return d.lock(ctx, table, id, "SHARE")
}

func (d *DB) lock(ctx context.Context, table string, id any, strength string) error {
	if d.Dialect() != dialect.Postgres {
		return nil
	}
	if _, err := d.ExecContext(ctx, "SELECT 1 FROM "+table+" WHERE id = $1 FOR "+strength, id); err != nil {
		return fmt.Errorf("lock a row of %s: %w", table, err)
	}
	return nil
}
