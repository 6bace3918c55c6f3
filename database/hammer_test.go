package database_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// Many goroutines, many tenants, two connections: whoever fails, panics, gives up or leaves rows open, nobody meets
// another tenant's row, and each tenant's changes are its own.
func TestHammer(t *testing.T) {
	t.Parallel()
	const operations, goroutines, organizations = 20_000, 16, 8
	db := testdb.NewPostgres(t, testdb.With(func(c *database.Config) {
		c.Connections = database.Connections{Readers: 1, Writers: 1, Jobs: 1}
	}))
	name := func(i int) string { return fmt.Sprint("org-", i) }
	for i := range organizations {
		require.NoError(t, db.Do(as(t.Context(), name(i)), "fill", func(ctx context.Context) error {
			insert(ctx, t, db, "organizations", values{"id": name(i), "slug": name(i)})
			insert(ctx, t, db, "groups", values{"id": "grp-" + name(i), "organization_id": name(i), "name": "0"})
			for n := range 3 {
				id := fmt.Sprint("site-", i, "-", n)
				insert(ctx, t, db, "sites", values{"id": id, "organization_id": name(i), "key": id})
			}
			return nil
		}))
	}
	var done, foreign, committed [organizations]atomic.Int64
	look := func(ctx context.Context, i int, leave bool) error {
		rows, err := db.QueryContext(ctx, "SELECT organization_id FROM sites")
		if err != nil {
			return err
		}
		seen := 0
		for rows.Next() {
			var organization string
			if err := rows.Scan(&organization); err != nil {
				return errors.Join(err, rows.Close())
			}
			if organization != name(i) {
				foreign[i].Add(1)
			}
			if seen++; leave {
				return nil // rows stay open: the session's end closes them
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if seen != 3 {
			return fmt.Errorf("%d sites, not 3", seen)
		}
		return nil
	}
	count := func(ctx context.Context, i int) error { // also whom a condition of the application does not protect
		_, err := db.ExecContext(ctx, "UPDATE groups SET name = (name::int + 1)::text WHERE id LIKE $1", "grp-%")
		if err == nil && rand.IntN(10) == 0 {
			_, err = db.ExecContext(ctx, "INSERT INTO groups SELECT $1, 'x', now(), clock_timestamp(), $2",
				"grp-forged", name((i+1)%organizations))
			if err == nil {
				foreign[i].Add(1)
			}
		}
		return err
	}
	expected := func(err error) bool {
		return err == nil || errors.Is(err, errTest) || errors.Is(err, context.Canceled) ||
			errors.Is(err, context.DeadlineExceeded) || errors.Is(err, database.ErrFailed) ||
			errors.Is(err, database.ErrSessionOver) || database.Unavailable(err)
	}
	var wait sync.WaitGroup
	var left atomic.Int64
	left.Store(operations)
	for range goroutines {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				i := rand.IntN(organizations)
				ctx, cancel := context.WithCancel(viewer.NewContext(t.Context(), viewer.Worker("hammer", name(i))))
				fate := rand.IntN(100)
				if fate < 2 {
					timer := time.AfterFunc(time.Duration(rand.IntN(1000))*time.Microsecond, cancel)
					defer timer.Stop()
				}
				err := func() (err error) {
					defer func() {
						if p := recover(); p != nil {
							err = errTest
						}
					}()
					if rand.IntN(10) > 0 {
						return db.Read(ctx, func(ctx context.Context) error {
							err := look(ctx, i, fate > 95)
							if fate > 90 && fate < 94 {
								panic("in a read")
							}
							return err
						})
					}
					err = db.Do(ctx, "hammer", func(ctx context.Context) error {
						if err := count(ctx, i); err != nil {
							return errTest
						}
						nested := db.Do(as(ctx, name((i+1)%organizations)), "as another", func(ctx context.Context) error {
							return errors.Join(look(ctx, (i+1)%organizations, false), errTest)
						})
						if !errors.Is(nested, errTest) {
							return nested
						}
						switch {
						case fate > 90:
							panic("in a write")
						case fate > 80:
							return errTest
						}
						return look(ctx, i, false)
					})
					if err == nil {
						committed[i].Add(1)
					}
					return err
				}()
				cancel()
				done[i].Add(1)
				if !expected(err) {
					t.Errorf("%d: %v", fate, err)
				}
			}
		})
	}
	wait.Wait()
	var all, kept int64
	for i := range organizations {
		require.Zero(t, foreign[i].Load(), "rows of others seen by %s", name(i))
		all, kept = all+done[i].Load(), kept+committed[i].Load()
		var counted int64
		require.NoError(t, testdb.Raw(t, db).QueryRowContext(t.Context(), "SELECT name::bigint FROM groups WHERE id = $1",
			"grp-"+name(i)).Scan(&counted))
		require.Equal(t, committed[i].Load(), counted, "changes of %s", name(i))
	}
	require.EqualValues(t, operations, all)
	require.Greater(t, kept, int64(operations/25))
}
