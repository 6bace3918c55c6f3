package database

import "context"

// SharedSecret is the secret of that name that all replicas share on PostgreSQL; the first to ask has made it. Every
// role of the application reads it, and none changes it.
func (d *DB) SharedSecret(ctx context.Context, name string, made []byte) (secret []byte, err error) {
	err = d.Do(ctx, "make secret", func(ctx context.Context) error {
		if _, err := d.ExecContext(ctx, `INSERT INTO server_secrets (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO NOTHING`, name, made); err != nil {
			return err
		}
		rows, err := d.QueryContext(ctx, "SELECT value FROM server_secrets WHERE name = $1", name)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&secret); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return secret, err
}
