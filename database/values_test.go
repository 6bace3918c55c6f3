package database_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/ent/group"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

type wrapped struct{ t time.Time }

func (w wrapped) Value() (driver.Value, error) { return w.t, nil }

func randomTime() time.Time {
	from, to := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
	if rand.IntN(2) == 0 { // many in one second
		from, to = 1700000000, 1700000002
	}
	nanoseconds := []int64{0, 1, 999999, 1000000, 10000000, 100000000, 120000000, 999000000, 999999999, rand.Int64N(1e9)}
	zone := time.FixedZone("", rand.IntN(28*3600)-14*3600)
	return time.Unix(from+rand.Int64N(to-from), nanoseconds[rand.IntN(len(nanoseconds))]).In(zone)
}

// Whatever the zone and the fraction: times as stored sort, compare and come back as times do, to the millisecond.
func TestTimesSortAsText(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		kind := "DATETIME"
		if isPostgres(db) {
			kind = "timestamptz"
		}
		addTable(t, db, "times", "id INTEGER PRIMARY KEY, at "+kind)
		do(t, db, func(ctx context.Context) {
			times := make([]time.Time, 300)
			for i := range times {
				at := randomTime()
				times[i] = at.Truncate(time.Millisecond)
				arg := []any{at, &at, sql.NullTime{Time: at, Valid: true}, wrapped{at}, &wrapped{at}}[i%5]
				execute(ctx, t, db, "INSERT INTO times VALUES (?, ?)", i, arg)
			}
			pivot := randomTime()
			later := make(map[int64]bool)
			for _, row := range query(ctx, t, db, "SELECT id FROM times WHERE at > ?", pivot) {
				later[row["id"].(int64)] = true
			}
			order := make([]int, len(times))
			for i := range order {
				order[i] = i
				require.Equal(t, times[i].After(pivot.Truncate(time.Millisecond)), later[int64(i)], "%s > %s", times[i], pivot)
			}
			slices.SortFunc(order, func(a, b int) int {
				if c := times[a].Compare(times[b]); c != 0 {
					return c
				}
				return a - b
			})
			shape := regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$`)
			for i, row := range query(ctx, t, db, "SELECT id, at, at || '' AS text FROM times ORDER BY at, id") {
				require.Equal(t, int64(order[i]), row["id"])
				if !isPostgres(db) {
					require.Regexp(t, shape, row["text"])
				}
				at := row["at"].(time.Time)
				require.True(t, at.Equal(times[order[i]]), "%s is not %s", at, times[order[i]])
				_, offset := at.Zone()
				require.Zero(t, offset)
			}
		})
	})
}

func TestTimesThatAreNone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		read(t, db, func(ctx context.Context) {
			row := query(ctx, t, db, "SELECT ? AS a, ? AS b, ? AS c", sql.NullTime{}, (*time.Time)(nil), nil)[0]
			require.Equal(t, values{"a": nil, "b": nil, "c": nil}, row)
			for _, year := range []int{-1, 10000} {
				_, err := db.QueryContext(ctx, bind(db, "SELECT ?"), time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
				require.ErrorContains(t, err, "four digits")
			}
			rows := query(ctx, t, db, "SELECT 1 AS one") // a refused argument holds nobody up
			require.Len(t, rows, 1)
		})
	})
}

func TestTimesThroughEnt(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.Worker("test", "org-a"))
		second := time.Date(2024, 3, 1, 12, 0, 5, 999999, time.FixedZone("", 3*3600))
		at := []time.Time{second, second.Add(time.Millisecond), second.Add(100 * time.Millisecond), second.Add(time.Second)}
		require.NoError(t, db.Do(ctx, "create", func(ctx context.Context) error {
			if err := db.Client().Organization.Create().SetID("org-a").SetName("A").SetSlug("a").Exec(ctx); err != nil {
				return err
			}
			for i, at := range at {
				name := fmt.Sprint("g", i)
				if err := db.Client().Group.Create().SetID(name).SetName(name).SetCreatedAt(at).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, db.Read(ctx, func(ctx context.Context) error {
			for i := range at {
				ids := db.Client().Group.Query().Where(group.CreatedAtLTE(at[i])).Order(group.ByCreatedAt()).IDsX(ctx)
				require.Equal(t, []string{"g0", "g1", "g2", "g3"}[:i+1], ids)
				stored := db.Client().Group.GetX(ctx, ids[i]).CreatedAt
				require.True(t, stored.Equal(at[i].Truncate(time.Millisecond)), "%s is not %s", stored, at[i])
				require.Equal(t, at[i].UTC().Format("2006-01-02T15:04:05.000Z"), stored.Format("2006-01-02T15:04:05.000Z07:00"))
			}
			return nil
		}))
	})
}

func TestConstraintsOnSQLite(t *testing.T) {
	t.Parallel()
	db := testdb.NewSQLite(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	for name, test := range map[string]struct {
		statement string
		kind      database.ConstraintKind
		name      string
	}{
		"unique column": {"UPDATE users SET email = 'same'", database.Unique, "users.email"},
		"unique columns": {
			"UPDATE memberships SET organization_id = 'org-a', user_id = 'user-org-a'",
			database.Unique, "memberships.organization_id,memberships.user_id",
		},
		"unique expression": {"INSERT INTO lower_case VALUES ('a'), ('A')", database.Unique, "lower_case_text"},
		"primary key": {
			"INSERT INTO users SELECT id, name, 'other', NULL, created_at, updated_at FROM users LIMIT 1",
			database.Unique, "users.id",
		},
		"rowid": {
			"INSERT INTO review_upload_histories SELECT * FROM review_upload_histories",
			database.Unique, "review_upload_histories.id",
		},
		"foreign key": {"UPDATE groups SET organization_id = 'no' WHERE id = 'grp-org-a'", database.ForeignKey, ""},
		"check":       {"UPDATE imports SET processed_row_count = 7", database.Check, "rows_add_up"},
		"not null":    {"UPDATE groups SET name = NULL", database.NotNull, "groups.name"},
		"trigger":     {"DELETE FROM import_definition_versions", database.Trigger, "definition_version_immutable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := db.Do(t.Context(), "break", func(ctx context.Context) error {
				execute(ctx, t, db, "CREATE TABLE lower_case (text TEXT)")
				execute(ctx, t, db, "CREATE UNIQUE INDEX lower_case_text ON lower_case (lower(text))")
				_, err := db.ExecContext(ctx, test.statement)
				return errors.Join(err, errTest)
			})
			c, ok := database.AsConstraint(err)
			require.True(t, ok, err)
			require.Equal(t, test.kind, c.Kind, err)
			require.Equal(t, test.name, c.Name)
			again, ok := database.AsConstraint(fmt.Errorf("wrapped: %w", c))
			require.True(t, ok)
			require.Same(t, c, again)
			require.False(t, database.Unavailable(err))
		})
	}
	for _, err := range []error{nil, errTest, context.Canceled} {
		_, ok := database.AsConstraint(err)
		require.False(t, ok)
	}
}

// The same change is refused by the same name on every kind of database.
func TestConstraints(t *testing.T) {
	t.Parallel()
	of := func(v values) values {
		v["organization_id"] = "org-a"
		return v
	}
	tests := map[string]struct {
		table string
		row   values
		text  string // instead of a row
		kind  database.ConstraintKind
		name  string
	}{
		"column": {table: "users", row: values{"id": "u", "email": "user-org-a"}, kind: database.Unique, name: "users.email"},
		"primary key": {
			table: "import_results", row: of(values{
				"id": "res-org-a", "import_id": "imp-org-a", "year": 2025, "period_unit": "YEARLY", "period": 1,
			}),
			kind: database.Unique, name: "import_results.id",
		},
		"columns": {
			table: "memberships", row: of(values{"id": "m", "user_id": "user-org-a"}),
			kind: database.Unique, name: "memberships.organization_id,memberships.user_id",
		},
		"columns of an index with a long name": {
			table: "import_results", row: of(values{
				"id": "r", "import_id": "imp-org-a", "year": 2024, "period_unit": "YEARLY", "period": 1,
			}),
			kind: database.Unique, name: "import_results.organization_id,import_results.import_id,import_results.year," +
				"import_results.period_unit,import_results.period,import_results.site_key",
		},
		"foreign key": {
			table: "site_names", row: of(values{"site_id": "site-org-b", "normalized": "y"}), kind: database.ForeignKey,
		},
		"check": {
			text: "UPDATE imports SET processed_row_count = 7 WHERE organization_id = 'org-a'",
			kind: database.Check, name: "rows_add_up",
		},
		"not null": {
			text: "UPDATE groups SET name = NULL WHERE id = 'grp-org-a'", kind: database.NotNull, name: "groups.name",
		},
		"trigger": {
			text: "DELETE FROM import_definition_versions WHERE id = 'ver-org-a'",
			kind: database.Trigger, name: "definition_version_immutable",
		},
	}
	each(t, func(t *testing.T, db *database.DB) {
		for name, test := range tests {
			err := db.Do(as(t.Context(), "org-a"), "break", func(ctx context.Context) error {
				if test.row != nil {
					return tryInsert(ctx, t, db, test.table, test.row)
				}
				_, err := db.ExecContext(ctx, test.text)
				return err
			})
			c, ok := database.AsConstraint(err)
			require.True(t, ok, "%s: %v", name, err)
			require.Equal(t, test.kind, c.Kind, err)
			if test.kind != database.ForeignKey { // SQLite does not tell
				require.Equal(t, test.name, c.Name)
			}
			require.False(t, database.Unavailable(err))
		}
	})
}

func TestConstraintsThroughEnt(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.Worker("test", "org-a"))
		err := db.Do(ctx, "twice", func(ctx context.Context) error {
			for range 2 {
				if err := db.Client().User.Create().SetName("n").SetEmail("a@example.com").Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		c, ok := database.AsConstraint(err)
		require.True(t, ok, err)
		require.Equal(t, database.Unique, c.Kind)
		require.Equal(t, "users.email", c.Name)
	})
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "busy.db")
	open := func() *database.DB {
		db, err := database.Open(t.Context(), database.Config{Path: path})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	db, other := open(), open()
	_, err := other.Writer().ExecContext(t.Context(), "PRAGMA busy_timeout = 1")
	require.NoError(t, err)
	do(t, db, func(context.Context) {
		err := other.Do(t.Context(), "wait", func(context.Context) error { return nil })
		require.True(t, database.Unavailable(err), "busy: %v", err)
	})
	do(t, db, func(ctx context.Context) { execute(ctx, t, db, "CREATE TABLE t (a)") })
	_, err = db.Writer().ExecContext(t.Context(), "PRAGMA max_page_count = 3")
	require.NoError(t, err)
	err = db.Do(t.Context(), "fill the disk", func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "INSERT INTO t VALUES (zeroblob(1000000))")
		return err
	})
	require.True(t, database.Unavailable(err), "full: %v", err)
	err = other.Read(t.Context(), func(ctx context.Context) error {
		_, err := other.ExecContext(ctx, "INSERT INTO t VALUES (1)")
		return err
	})
	require.True(t, database.Unavailable(err), "read-only: %v", err)

	for _, text := range []string{"SELECT * FROM nothing", "SELEC"} {
		err := db.Read(t.Context(), func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, text)
			return err
		})
		require.Error(t, err)
		require.False(t, database.Unavailable(err), "a mistake stays one: %v", err)
	}
	require.False(t, database.Unavailable(nil))
	require.False(t, database.Unavailable(context.DeadlineExceeded))
}
