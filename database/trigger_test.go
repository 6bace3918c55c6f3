package database_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
)

// change tries a statement on the filled database and undoes it; the error is the statement's.
func change(t *testing.T, db *database.DB, prepare func(ctx context.Context), text string, args ...any) error {
	t.Helper()
	var refused error
	err := db.Do(as(t.Context(), "org-a"), "change", func(ctx context.Context) error {
		prepare(ctx)
		result, err := db.ExecContext(ctx, bind(db, text), args...)
		if refused = err; err == nil {
			n, _ := result.RowsAffected()
			require.EqualValues(t, 1, n, text)
		}
		return errTest
	})
	require.ErrorIs(t, err, errTest)
	return refused
}

func requireTrigger(t *testing.T, err error, name string, about ...any) {
	t.Helper()
	c, ok := database.AsConstraint(err)
	require.True(t, ok, "%v: %v", about, err)
	require.Equal(t, database.Trigger, c.Kind, about...)
	require.Equal(t, name, c.Name, about...)
}

// anImport makes another import of org-a in any status.
func anImport(ctx context.Context, t *testing.T, db *database.DB, status definition.ImportStatus, more values) {
	t.Helper()
	row := values{
		"id": "imp-1", "organization_id": "org-a", "group_id": "grp-org-a", "user_id": "user-org-a", "upload_history_id": 1,
		"definition_organization_id": "org-a", "import_definition_id": "def-org-a", "definition_version_id": "ver-org-a",
		"status": string(status), "attempt": 2, "processed_row_count": 10, "accepted_row_count": 10,
	}
	if final(status) {
		row["processed_at"] = time.Now()
	}
	if status == definition.ImportFailed {
		row["error_code"] = "NO_ROWS"
	}
	maps.Copy(row, more)
	insert(ctx, t, db, "imports", row)
}

func final(s definition.ImportStatus) bool {
	return s != definition.ImportPending && s != definition.ImportProcessing
}

func TestImportTransitions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		legal := map[definition.ImportStatus][]definition.ImportStatus{
			definition.ImportPending: {definition.ImportProcessing, definition.ImportCanceled, definition.ImportFailed},
			definition.ImportProcessing: {
				definition.ImportCompleted, definition.ImportPartiallyCompleted, definition.ImportFailed,
				definition.ImportCanceled, definition.ImportPending,
			},
		}
		all := []definition.ImportStatus{
			definition.ImportPending, definition.ImportProcessing, definition.ImportCompleted,
			definition.ImportPartiallyCompleted, definition.ImportFailed, definition.ImportCanceled,
		}
		require.Len(t, definition.ImportStatus("").Values(), len(all))
		for _, from := range all {
			for _, to := range all {
				set := "status = ?, processed_at = NULL, error_code = NULL"
				switch {
				case from == to:
					set = "status = ?"
				case to == definition.ImportFailed:
					set = "status = ?, processed_at = updated_at, error_code = 'NO_ROWS'"
				case final(to):
					set = "status = ?, processed_at = updated_at, error_code = NULL"
				}
				err := change(t, db, func(ctx context.Context) { anImport(ctx, t, db, from, nil) },
					"UPDATE imports SET "+set+" WHERE id = 'imp-1'", string(to))
				if from == to || slices.Contains(legal[from], to) {
					require.NoError(t, err, "%s to %s", from, to)
				} else {
					requireTrigger(t, err, "import_transition", from, to)
				}
			}
		}
	})
}

func TestUploadTransitions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		const notyet, processing, success, failure = 0, 1, 2, 3
		require.EqualValues(t, failure, definition.UploadFailure)
		legal := map[int][]int{
			notyet: {processing, failure}, processing: {success, failure}, success: {notyet}, failure: {notyet},
		}
		for from := range 4 {
			for to := range 4 {
				err := change(t, db, func(ctx context.Context) {
					insert(ctx, t, db, "review_upload_histories",
						values{"id": 9, "organization_id": "org-a", "group_id": "grp-org-a", "user_id": "user-org-a", "status": from})
				}, "UPDATE review_upload_histories SET status = ? WHERE id = 9", to)
				if from == to || slices.Contains(legal[from], to) {
					require.NoError(t, err, "%d to %d", from, to)
				} else {
					requireTrigger(t, err, "upload_transition", from, to)
				}
			}
		}
	})
}

// A column that is added later must be put on one of the three sides.
func TestFinalImportDoesNotChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		mayChange := []string{
			"superseded_by_id", "rejected_rows_key", "row_errors_erased_at", "results_erased_at", "revision", "updated_at",
		}
		never := []string{ // set when the import is made: Ent's schema has them immutable
			"id", "organization_id", "group_id", "user_id", "upload_history_id", "definition_organization_id",
			"import_definition_id", "definition_version_id", "definition_version", "year", "requested_mapping", "format",
			"on_invalid_row", "file_name", "created_at", "retry_of_id", "correction_of_id", "idempotency_mutation",
			"idempotency_key", "idempotency_hash",
		}
		other := map[string]string{"canceled_by_id": "'user-org-a'", "superseded_by_id": "'imp-org-a'"}
		for _, status := range []definition.ImportStatus{
			definition.ImportCompleted, definition.ImportPartiallyCompleted, definition.ImportFailed, definition.ImportCanceled,
		} {
			for _, c := range tableNamed(t, "imports").Columns {
				name := c.Name
				if slices.Contains(never, name) || name == "status" {
					continue
				}
				value := other[name]
				if value == "" {
					value = map[field.Type]string{
						field.TypeString: "'other'", field.TypeEnum: "'other'", field.TypeJSON: "'[1]'", field.TypeInt: "7",
						field.TypeInt64: "7", field.TypeTime: "'2000-01-01 00:00:00.000'",
					}[c.Type]
				}
				require.NotEmpty(t, value, name)
				err := change(t, db, func(ctx context.Context) { anImport(ctx, t, db, status, nil) },
					fmt.Sprintf("UPDATE imports SET `%s` = %s WHERE id = 'imp-1'", name, value))
				if slices.Contains(mayChange, name) {
					require.NoError(t, err, name)
				} else {
					requireTrigger(t, err, "import_final", status, name)
				}
			}
		}
	})
}

func TestImportProgress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		rows := func(n int) string { return fmt.Sprintf("processed_row_count = %d, accepted_row_count = %d", n, n) }
		for set, refusal := range map[string]string{ // the import has counted 10 rows in attempt 2
			rows(10):                          "",
			rows(11):                          "",
			rows(9):                           "import_progress",
			rows(0):                           "import_progress",
			"attempt = 3, " + rows(0):         "",
			"attempt = 3, " + rows(1):         "import_progress",
			"attempt = 3, " + rows(10):        "import_progress",
			"attempt = 3":                     "import_progress",
			"attempt = 1":                     "import_attempt",
			"attempt = 1, " + rows(0):         "import_attempt",
			"status = 'PENDING'":              "",
			"status = 'PENDING', attempt = 1": "import_attempt",
			"status = 'PENDING', " + rows(9):  "import_progress",
			"status = 'CANCELED', processed_at = '2000-01-01 00:00:00.000', " + rows(9):   "import_progress",
			"status = 'COMPLETED', processed_at = '2000-01-01 00:00:00.000', " + rows(12): "",
		} {
			err := change(t, db, func(ctx context.Context) { anImport(ctx, t, db, definition.ImportProcessing, nil) },
				"UPDATE imports SET "+set+" WHERE id = 'imp-1'")
			if refusal == "" {
				require.NoError(t, err, set)
			} else {
				requireTrigger(t, err, refusal, set)
			}
		}
	})
}

// Whatever the statement says, the database counts the changes and tells the time.
func TestRevisionAndTimeOfChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for _, table := range []string{"imports", "review_upload_histories"} {
			for i, set := range []string{
				"organization_id = organization_id", "revision = 99, updated_at = '2000-01-01 00:00:00.000'", "revision = 0",
			} {
				before := time.Now().Truncate(time.Millisecond)
				do(t, db, func(ctx context.Context) {
					result, err := db.ExecContext(ctx, "UPDATE "+table+" SET "+set+" WHERE organization_id = 'org-a'")
					require.NoError(t, err)
					n, err := result.RowsAffected()
					require.NoError(t, err)
					require.EqualValues(t, 1, n, "the trigger's change is not counted")
				})
				read(t, db, func(ctx context.Context) {
					row := query(ctx, t, db,
						"SELECT revision, updated_at, updated_at || '' AS text FROM "+table+" WHERE organization_id = 'org-a'")[0]
					require.EqualValues(t, i+2, row["revision"], set)
					at := row["updated_at"].(time.Time)
					require.WithinRange(t, at, before, time.Now(), set)
					require.Equal(t, at, at.Truncate(time.Millisecond))
					if !isPostgres(db) {
						require.Len(t, row["text"], len("2006-01-02 15:04:05.000"))
					}
					require.Len(t, query(as(ctx, "org-b"), t, db,
						"SELECT 1 FROM "+table+" WHERE organization_id = 'org-b' AND revision = 1"), 1)
				})
			}
		}
	})
}

func TestImmutableRows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for text, name := range map[string]string{
			"UPDATE import_definition_versions SET number = number":    "definition_version_immutable",
			"DELETE FROM import_definition_versions":                   "definition_version_immutable",
			"UPDATE import_results SET year = year":                    "import_result_immutable",
			"UPDATE api_tokens SET role = 'VIEWER'":                    "api_token_immutable",
			"UPDATE api_tokens SET expires_at = NULL, group_id = NULL": "api_token_immutable",
		} {
			requireTrigger(t, change(t, db, func(context.Context) {}, text), name, text)
		}
		require.NoError(t, change(t, db, func(context.Context) {},
			"DELETE FROM import_results WHERE organization_id = 'org-a'"))

		own := "UPDATE api_tokens SET revoked_at = ?, last_used_at = ? WHERE organization_id = 'org-a'"
		revoke := func(ctx context.Context) { execute(ctx, t, db, own, time.Now(), nil) }
		require.NoError(t, change(t, db, func(context.Context) {}, own, nil, time.Now()))
		require.NoError(t, change(t, db, revoke,
			"UPDATE api_tokens SET last_used_at = ? WHERE organization_id = 'org-a'", time.Now()))
		for _, at := range []any{nil, time.Now().Add(time.Hour)} {
			requireTrigger(t, change(t, db, revoke, own, at, nil), "api_token_immutable", at)
		}
	})
}
