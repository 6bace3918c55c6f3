package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent/migrate/migrations"
	"entrepot/internal/testdb"
)

const erased = "'2000-01-01 00:00:00.000'"

// aHistory makes another history of org-a.
func aHistory(ctx context.Context, t *testing.T, db *database.DB, more values) {
	t.Helper()
	row := values{"id": 9, "organization_id": "org-a", "group_id": "grp-org-a", "user_id": "user-org-a", "status": 2}
	maps.Copy(row, more)
	insert(ctx, t, db, "review_upload_histories", row)
}

// A column that is added later must be put on one of the three sides.
func TestAnErasedFilesHistoryDoesNotChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		mayChange := []string{"revision", "updated_at"}
		never := []string{ // set when the history is made: Ent's schema has them immutable
			"id", "organization_id", "group_id", "user_id", "file_name", "gcs_path", "unique_path", "created_at", "expected_size",
			"expected_sha256",
		}
		for _, c := range tableNamed(t, "review_upload_histories").Columns {
			if slices.Contains(never, c.Name) {
				continue
			}
			value := map[field.Type]string{
				field.TypeString: "'other'", field.TypeJSON: "'[1]'", field.TypeInt: "0", field.TypeInt64: "7",
				field.TypeTime: "'2001-01-01 00:00:00.000'",
			}[c.Type]
			require.NotEmpty(t, value, c.Name)
			text := fmt.Sprintf("UPDATE review_upload_histories SET `%s` = %s WHERE id = 9", c.Name, value)
			require.NoError(t, change(t, db, func(ctx context.Context) { aHistory(ctx, t, db, nil) }, text), c.Name)
			err := change(t, db, func(ctx context.Context) { aHistory(ctx, t, db, values{"deleted_at": time.Now()}) }, text)
			if slices.Contains(mayChange, c.Name) {
				require.NoError(t, err, c.Name)
			} else {
				requireTrigger(t, err, "upload_erased", c.Name)
			}
		}
		requireTrigger(t, change(t, db, func(ctx context.Context) { aHistory(ctx, t, db, values{"deleted_at": time.Now()}) },
			"UPDATE review_upload_histories SET deleted_at = NULL WHERE id = 9"), "upload_erased")
	})
}

func TestNoFileIsErasedWhileAnImportOfItWaitsOrRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for _, status := range definition.ImportStatus("").Values() {
			err := change(t, db, func(ctx context.Context) {
				aHistory(ctx, t, db, nil)
				anImport(ctx, t, db, definition.ImportStatus(status), values{"upload_history_id": 9})
			}, "UPDATE review_upload_histories SET deleted_at = "+erased+" WHERE id = 9")
			if final(definition.ImportStatus(status)) {
				require.NoError(t, err, status)
			} else {
				requireTrigger(t, err, "upload_in_use", status)
			}
		}
	})
}

func TestAnErasedFileIsNotImported(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for deleted, refusal := range map[any]string{nil: "", "2000-01-01 00:00:00.000": "upload_erased"} {
			err := db.Do(as(t.Context(), "org-a"), "import", func(ctx context.Context) error {
				aHistory(ctx, t, db, values{"deleted_at": deleted})
				if err := tryInsert(ctx, t, db, "imports", values{
					"id": "imp-1", "organization_id": "org-a", "group_id": "grp-org-a", "user_id": "user-org-a", "upload_history_id": 9,
					"definition_organization_id": "org-a", "import_definition_id": "def-org-a", "definition_version_id": "ver-org-a",
					"status": "PENDING",
				}); err != nil {
					return err
				}
				return errTest
			})
			if refusal == "" {
				require.ErrorIs(t, err, errTest)
			} else {
				requireTrigger(t, err, refusal)
			}
		}
	})
}

// Whoever starts an import while its file is being erased waits for that, and is refused.
func TestAnImportWaitsForWhoErasesItsFileOnPostgres(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) {
		fill(ctx, t, db)
		aHistory(ctx, t, db, nil)
	})
	text, args := insertion(t, "imports", values{
		"id": "imp-1", "organization_id": "org-a", "group_id": "grp-org-a", "user_id": "user-org-a", "upload_history_id": 9,
		"definition_organization_id": "org-a", "import_definition_id": "def-org-a", "definition_version_id": "ver-org-a",
		"status": "PENDING",
	})
	locked, started := make(chan struct{}), make(chan error, 1)
	go func() {
		<-locked
		started <- db.Do(as(context.WithoutCancel(t.Context()), "org-a"), "start", func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, bind(db, text), args...)
			return err
		})
	}()
	do(t, db, func(ctx context.Context) {
		execute(ctx, t, db, "UPDATE review_upload_histories SET deleted_at = now() WHERE id = 9")
		close(locked)
		waiting := func() bool {
			var n int
			require.NoError(t, testdb.Raw(t, db).QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%imports%'`).Scan(&n))
			return n == 1
		}
		require.Eventually(t, waiting, 10*time.Second, time.Millisecond)
	})
	requireTrigger(t, <-started, "upload_erased")
}

func TestWhatAnImportKeptOfItsCellsGoesOnceAndWithAMark(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for set, refusal := range map[string]string{
			"error_groups = '[1]'": "import_final",
			"error_groups = '[1]', row_errors_erased_at = " + erased:              "",
			"error = 'x', error_params = '[1]', row_errors_erased_at = " + erased: "",
			"error = 'x', results_erased_at = " + erased:                          "import_final",
			"error_params = '[1]'":                                                 "import_final",
			"error_groups = '[1]', results_erased_at = " + erased:                  "import_final",
			"rejected_rows_key = NULL":                                             "",
			"results_erased_at = " + erased + ", row_errors_erased_at = " + erased: "",
		} {
			err := change(t, db, func(ctx context.Context) { anImport(ctx, t, db, definition.ImportFailed, nil) },
				"UPDATE imports SET "+set+" WHERE id = 'imp-1'")
			if refusal == "" {
				require.NoError(t, err, set)
			} else {
				requireTrigger(t, err, refusal, set)
			}
		}
		for _, column := range []string{"row_errors_erased_at", "results_erased_at"} {
			marked := func(ctx context.Context) {
				anImport(ctx, t, db, definition.ImportCompleted, values{column: time.Now()})
			}
			for _, value := range []string{"NULL", erased} {
				requireTrigger(t, change(t, db, marked, "UPDATE imports SET "+column+" = "+value+" WHERE id = 'imp-1'"),
					"import_final", column)
			}
		}
	})
}

func TestEveryOrganizationIsSweptFromItsFirstDayOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		read(t, db, func(ctx context.Context) {
			rows := query(ctx, t, db, "SELECT organization_id, due_at FROM organization_sweeps ORDER BY organization_id")
			require.Len(t, rows, 2, "not the reserved one")
			for i, row := range rows {
				require.Equal(t, tenants[i], row["organization_id"])
				require.True(t, row["due_at"].(time.Time).Equal(time.Unix(0, 0)), row["due_at"])
			}
		})
	})
}

// What the migration says about the organizations that are there already, said once more to a filled database.
func TestOrganizationsThatWereThereAreSweptToo(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"sqlite": migrations.SQLite(), "postgres": migrations.Postgres()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names, err := fs.Glob(files, "*_upload_erasure.sql")
			require.NoError(t, err)
			text, err := fs.ReadFile(files, names[0])
			require.NoError(t, err)
			_, statements, found := strings.Cut(string(text), "-- the organizations that are there")
			require.True(t, found)
			_, statements, _ = strings.Cut(statements, "\n") // the rest of the comment
			statements, _, _ = strings.Cut(statements, "-- applied with it")

			var owner string
			open := testdb.NewSQLite
			if name == "postgres" {
				open = testdb.NewPostgres
			}
			db := open(t, testdb.With(func(c *database.Config) { owner = c.MigrateURL }))
			do(t, db, func(ctx context.Context) {
				fill(ctx, t, db)
				execute(ctx, t, db, "DELETE FROM organization_sweeps")
			})
			pool := db.Writer()
			if owner != "" { // whom row-level security holds, unless it is told not to
				pool, err = sql.Open("postgres", owner)
				require.NoError(t, err)
				defer func() { require.NoError(t, pool.Close()) }()
				var n int
				require.NoError(t, pool.QueryRowContext(t.Context(), "SELECT count(*) FROM organizations").Scan(&n))
				require.Zero(t, n)
			}
			_, err = pool.ExecContext(t.Context(), statements)
			require.NoError(t, err, statements)
			read(t, db, func(ctx context.Context) {
				require.Len(t, query(ctx, t, db, "SELECT 1 FROM organization_sweeps"), len(tenants))
			})
			require.NoError(t, db.Migrate(t.Context()))
			require.NoError(t, db.Check(t.Context()), "forced again")
		})
	}
}
