package database_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// Ent's policies have no part in these tests: all statements are plain SQL.

var (
	// idsOnly are the tables of tenants that sweeps read across all of them.
	idsOnly = []string{"import_leases", "import_turns", "organization_sweeps"}
	// withoutPolicy are these and the tables that belong to no tenant.
	withoutPolicy = append([]string{"applied_steps", "goose_db_version", "server_secrets"}, idsOnly...)
)

// tenantTables are all others that the database has, whoever made them.
func tenantTables(ctx context.Context, t testing.TB, db *database.DB) (names []string) {
	t.Helper()
	for _, r := range query(ctx, t, db, "SELECT relname::text AS name FROM pg_class "+
		"WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1") {
		if name := r["name"].(string); !slices.Contains(withoutPolicy, name) {
			names = append(names, name)
		}
	}
	require.Len(t, names, 16, "a new table is meant to be seen here")
	return names
}

// theirs is the condition for the rows of org-b.
func theirs(table string) string {
	switch table {
	case "organizations":
		return "id = 'org-b'"
	case "users":
		return "id = 'user-org-b'"
	}
	return "organization_id = 'org-b'"
}

func requireRefused(t testing.TB, err error, about ...any) {
	t.Helper()
	var e *pq.Error
	require.ErrorAs(t, err, &e, about...)
	require.EqualValues(t, "42501", e.Code, about...)
}

func TestWithoutSettingsNothingIsThere(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	for name, ctx := range map[string]context.Context{
		"nobody": t.Context(),
		"system": viewer.NewContext(t.Context(), viewer.System("test")),
	} {
		require.NoError(t, db.Read(ctx, func(ctx context.Context) error {
			for _, table := range tenantTables(ctx, t, db) {
				require.EqualValues(t, 0, query(ctx, t, db, "SELECT count(*) AS n FROM "+table)[0]["n"], "%s: %s", name, table)
			}
			for _, table := range idsOnly {
				require.EqualValues(t, 2, query(ctx, t, db, "SELECT count(*) AS n FROM "+table)[0]["n"], table)
			}
			return nil
		}))
		for _, r := range rowsOf(9, "org-a", "-new") {
			if slices.Contains(idsOnly, r.table) {
				continue
			}
			requireRefused(t, db.Do(ctx, "insert", func(ctx context.Context) error {
				return tryInsert(ctx, t, db, r.table, r.row)
			}), name, r.table)
		}
	}
	// The connections of the queue have nobody's settings.
	var n int
	require.NoError(t, db.Writer().QueryRowContext(t.Context(), "SELECT count(*) FROM imports").Scan(&n))
	require.Zero(t, n)
}

func TestAnotherTenantIsNotThere(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	try := func(text string) (n int64, err error) {
		err = db.Do(as(t.Context(), "org-a"), "try", func(ctx context.Context) error {
			result, err := db.ExecContext(ctx, text)
			if err != nil {
				return err
			}
			n, err = result.RowsAffected()
			return errors.Join(err, errTest)
		})
		if errors.Is(err, errTest) {
			err = nil
		}
		return n, err
	}
	var tables []string
	read(t, db, func(ctx context.Context) {
		tables = tenantTables(ctx, t, db)
		for _, table := range tables {
			require.Empty(t, query(ctx, t, db, "SELECT 1 FROM "+table+" WHERE "+theirs(table)), table)
			require.NotEmpty(t, query(ctx, t, db, "SELECT 1 FROM "+table), table)
		}
	})
	for _, table := range tables {
		column := "organization_id"
		if table == "organizations" || table == "users" {
			column = "id"
		}
		for _, text := range []string{
			"UPDATE " + table + " SET " + column + " = " + column + " WHERE " + theirs(table),
			"DELETE FROM " + table + " WHERE " + theirs(table),
		} {
			n, err := try(text)
			require.NoError(t, err, text)
			require.Zero(t, n, text)
		}
		_, err := try("UPDATE " + table + " SET " + column + " = 'org-b'")
		require.Error(t, err, "%s: an own row becomes another tenant's", table)
		_, err = try("TRUNCATE " + table + " CASCADE")
		requireRefused(t, err, table)
		_, err = try("ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY")
		requireRefused(t, err, table)
	}
	forged := make(map[string]bool)
	for _, r := range rowsOf(2, "org-b", "") { // parents that are there
		if slices.Contains(idsOnly, r.table) || r.table == "users" {
			continue
		}
		if id, ok := r.row["id"].(string); ok {
			r.row["id"] = id + "-forged"
		}
		requireRefused(t, db.Do(as(t.Context(), "org-a"), "forge", func(ctx context.Context) error {
			return tryInsert(ctx, t, db, r.table, r.row)
		}), r.table)
		forged[r.table] = true
	}
	require.Len(t, forged, len(tables)-1)
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) {
		fill(ctx, t, db)
		system := as(ctx, database.SystemOrganization)
		insert(system, t, db, "import_definitions", values{"id": "def-sys", "organization_id": database.SystemOrganization})
		insert(ctx, t, db, "groups", values{"id": "grp-2", "organization_id": "org-a", "name": "second"})
		insert(as(ctx, "org-b"), t, db, "memberships", values{ // of somebody who is in both
			"id": "mem-both", "organization_id": "org-b", "user_id": "user-org-a", "role": "VIEWER",
		})
	})
	person := viewer.Viewer{UserID: "user-org-a", OrganizationID: "org-a", GroupID: "grp-org-a", Role: viewer.RoleOwner}
	elsewhere := person
	elsewhere.GroupID = "grp-2"
	nowhere := person
	nowhere.GroupID = ""
	count := func(v viewer.Viewer, table string) (n int64) {
		require.NoError(t, db.Read(viewer.NewContext(t.Context(), v), func(ctx context.Context) error {
			n = query(ctx, t, db, "SELECT count(*) AS n FROM "+table)[0]["n"].(int64)
			return nil
		}))
		return n
	}
	for table, want := range map[string][6]int64{
		// in the group, in another, in none, a worker, signing in, a worker of the other tenant
		"review_upload_histories": {1, 0, 0, 1, 0, 1},
		"issued_uploads":          {1, 0, 0, 1, 0, 1},
		"import_row_errors":       {2, 1, 1, 2, 0, 2},
		"import_log_lines":        {1, 0, 0, 1, 0, 1},
		"imports":                 {1, 1, 1, 1, 0, 1},
		"import_definitions":      {2, 2, 2, 2, 0, 2},
		"groups":                  {3, 3, 3, 2, 3, 1}, // of both organizations for who is in both
		"memberships":             {2, 2, 2, 1, 2, 2},
		"organizations":           {2, 2, 2, 1, 2, 1},
		"users":                   {1, 1, 1, 1, 1, 2},
		"sites":                   {1, 1, 1, 1, 0, 1},
		"api_tokens":              {1, 1, 1, 1, 0, 1},
	} {
		for i, v := range []viewer.Viewer{
			person, elsewhere, nowhere, viewer.Worker("test", "org-a"),
			{Component: "auth", UserID: "user-org-a"},
			viewer.Worker("test", "org-b"),
		} {
			require.Equal(t, want[i], count(v, table), "%s: %+v", table, v)
		}
	}
	for _, text := range []string{
		"UPDATE import_definitions SET name = 'mine' WHERE id = 'def-sys'",
		"DELETE FROM import_definitions WHERE id = 'def-sys'",
		"UPDATE memberships SET role = 'OWNER' WHERE organization_id = 'org-b'",
		"UPDATE groups SET name = 'mine' WHERE organization_id = 'org-b'",
		"UPDATE organizations SET name = 'mine' WHERE id = 'org-b'",
	} {
		do(t, db, func(ctx context.Context) {
			result, err := db.ExecContext(ctx, text)
			require.NoError(t, err, text)
			n, err := result.RowsAffected()
			require.NoError(t, err)
			require.Zero(t, n, "what is seen is not writable: %s", text)
		})
	}
	requireRefused(t, db.Do(as(t.Context(), "org-a"), "forge", func(ctx context.Context) error {
		return tryInsert(ctx, t, db, "import_definitions", values{"id": "d", "organization_id": database.SystemOrganization})
	}))

	for key, want := range map[string][2]int{
		"user-org-b": {1, 0}, "org-b": {0, 1}, "user-org-": {0, 0}, "": {0, 0}, "org-system": {0, 0}, "%": {0, 0},
	} {
		require.NoError(t, db.LookUp(viewer.NewContext(t.Context(), viewer.System("auth")), key, func(ctx context.Context) error {
			require.Len(t, query(ctx, t, db, "SELECT id FROM users"), want[0], key)
			require.Len(t, query(ctx, t, db, "SELECT id FROM organizations"), want[1], key)
			require.Empty(t, query(ctx, t, db, "SELECT id FROM memberships"))
			return nil
		}))
	}
}

// The settings follow the viewer of each statement, also within one transaction and after an undone savepoint.
func TestIdentityFollowsTheViewer(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	sites := func(ctx context.Context) (ids []string) {
		for _, r := range query(ctx, t, db, "SELECT id FROM sites ORDER BY id") {
			ids = append(ids, r["id"].(string))
		}
		return ids
	}
	require.NoError(t, db.Do(t.Context(), "several", func(ctx context.Context) error {
		a, b := as(ctx, "org-a"), as(ctx, "org-b")
		require.Empty(t, sites(ctx))
		require.Equal(t, []string{"site-org-a"}, sites(a))
		require.ErrorIs(t, db.Do(b, "undone", func(ctx context.Context) error {
			require.Equal(t, []string{"site-org-b"}, sites(ctx))
			return errTest
		}), errTest)
		require.Equal(t, []string{"site-org-a"}, sites(a))
		require.Equal(t, []string{"site-org-b"}, sites(b))
		require.NoError(t, db.Do(b, "kept", func(ctx context.Context) error {
			require.Equal(t, []string{"site-org-b"}, sites(ctx))
			return nil
		}))
		require.Empty(t, sites(ctx))
		return nil
	}))
	for _, id := range []string{`o'; SELECT set_config('app.organization_id','org-b',true); --`, `\`, `'`, "é"} {
		require.NoError(t, db.Read(as(t.Context(), id), func(ctx context.Context) error {
			require.Equal(t, id, query(ctx, t, db, "SELECT current_setting('app.organization_id') AS v")[0]["v"])
			require.Empty(t, sites(ctx))
			return nil
		}))
	}
	for _, id := range []string{"org-a\x00", "\xff"} {
		require.ErrorContains(t, db.Read(as(t.Context(), id), func(ctx context.Context) error {
			_, err := db.QueryContext(ctx, "SELECT 1")
			return err
		}), "organization_id cannot be one")
	}
}
