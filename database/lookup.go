package database

import (
	"context"
	"errors"
	"fmt"
)

// LookUp is Read for finding a person or an organization by what they are known by, before anybody's id is known: on
// PostgreSQL, whose row-level security shows strangers nothing, f sees the people whose e-mail address or subject, and the
// organizations whose id, short name or name, is exactly that text, and nothing that is theirs. Whoever names them learns
// that they exist: text must come from sign-in or from the operator, and what f returns is to be told to nobody else.
func (d *DB) LookUp(ctx context.Context, text string, f func(ctx context.Context) error) error {
	return d.Read(ctx, func(ctx context.Context) (err error) {
		if !d.isPostgres() {
			return f(ctx)
		}
		const set = "SELECT set_config('app.look_up', $1, true)"
		if _, err := d.ExecContext(ctx, set, text); err != nil {
			return fmt.Errorf("look up: %w", err)
		}
		defer func() {
			// The session may go on: it is not to see what it did not see before. One that failed shows nothing any more.
			if _, reset := d.ExecContext(ctx, set, ""); reset != nil && !errors.Is(reset, ErrFailed) {
				err = errors.Join(err, reset)
			}
		}()
		return f(ctx)
	})
}
