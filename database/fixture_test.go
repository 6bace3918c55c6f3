package database_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
)

type values map[string]any

// insert makes a row; what is not given and has no default is filled by the column's type.
func insert(ctx context.Context, t testing.TB, db *database.DB, table string, given values) {
	t.Helper()
	_, err := tryInsert(ctx, t, db, table, given)
	require.NoError(t, err, table)
}

func tryInsert(ctx context.Context, t testing.TB, db *database.DB, table string, given values) (row values, err error) {
	t.Helper()
	row = maps.Clone(given)
	for _, c := range query(ctx, t, db, `SELECT name, type, "notnull", dflt_value IS NOT NULL AS has_default, pk
		FROM pragma_table_info(?)`, table) {
		name := c["name"].(string)
		_, set := row[name]
		if set || c["notnull"].(int64) == 0 || c["has_default"].(int64) == 1 ||
			(c["pk"].(int64) == 1 && strings.EqualFold(c["type"].(string), "integer")) {
			continue
		}
		switch strings.ToLower(c["type"].(string)) {
		case "text":
			row[name] = "x"
		case "integer":
			row[name] = 1
		case "json":
			row[name] = "[]"
		case "datetime":
			row[name] = time.Now()
		default:
			t.Fatalf("%s.%s: no filler for %s", table, name, c["type"])
		}
	}
	names := slices.Sorted(maps.Keys(row))
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = row[name]
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("INSERT INTO `%s` (`%s`) VALUES (?%s)", table, strings.Join(names, "`, `"),
		strings.Repeat(", ?", len(names)-1)), args...)
	return row, err
}

// query reads all rows.
func query(ctx context.Context, t testing.TB, db *database.DB, text string, args ...any) []values {
	t.Helper()
	rows, err := db.QueryContext(ctx, text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var all []values
	for rows.Next() {
		row := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		require.NoError(t, rows.Scan(to...))
		named := make(values)
		for i, c := range columns {
			named[c] = row[i]
		}
		all = append(all, named)
	}
	require.NoError(t, rows.Err())
	return all
}

func execute(ctx context.Context, t testing.TB, db *database.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(ctx, text, args...)
	require.NoError(t, err, text)
}

func do(t testing.TB, db *database.DB, f func(ctx context.Context)) {
	t.Helper()
	require.NoError(t, db.Do(t.Context(), "test", func(ctx context.Context) error { f(ctx); return nil }))
}

func read(t testing.TB, db *database.DB, f func(ctx context.Context)) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context) error { f(ctx); return nil }))
}

// tenants, each with a row in every table that may have one; row errors both of an import and of a history.
var tenants = []string{"org-a", "org-b"}

func fill(ctx context.Context, t testing.TB, db *database.DB) {
	t.Helper()
	for i, org := range tenants {
		own := func(v values) values {
			v["organization_id"] = org
			return v
		}
		user, group, def, version, site := "user-"+org, "grp-"+org, "def-"+org, "ver-"+org, "site-"+org
		imp, history := "imp-"+org, i+1
		insert(ctx, t, db, "organizations", values{"id": org, "slug": org})
		insert(ctx, t, db, "users", values{"id": user, "email": user})
		insert(ctx, t, db, "memberships", own(values{"id": "mem-" + org, "user_id": user, "role": "OWNER"}))
		insert(ctx, t, db, "groups", own(values{"id": group}))
		insert(ctx, t, db, "group_memberships", own(values{"id": "gm-" + org, "group_id": group, "user_id": user}))
		insert(ctx, t, db, "sites", own(values{"id": site, "key": "k"}))
		insert(ctx, t, db, "site_names", own(values{"site_id": site}))
		insert(ctx, t, db, "import_definitions", own(values{"id": def}))
		insert(ctx, t, db, "import_definition_versions",
			own(values{"id": version, "import_definition_id": def, "created_by_id": user}))
		insert(ctx, t, db, "issued_uploads", own(values{"group_id": group, "user_id": user}))
		insert(ctx, t, db, "review_upload_histories", own(values{"id": history, "group_id": group, "user_id": user}))
		insert(ctx, t, db, "imports", own(values{
			"id": imp, "group_id": group, "user_id": user, "upload_history_id": history, "definition_organization_id": org,
			"import_definition_id": def, "definition_version_id": version, "canceled_by_id": user, "status": "PROCESSING",
		}))
		insert(ctx, t, db, "import_results",
			own(values{
				"id": "res-" + org, "import_id": imp, "site_id": site,
				"year": 2024, "period_unit": "YEARLY", "period": 1,
			}))
		insert(ctx, t, db, "import_row_errors", own(values{"id": "e1-" + org, "import_id": imp}))
		insert(ctx, t, db, "import_row_errors",
			own(values{"id": "e2-" + org, "upload_history_id": history, "group_id": group}))
		insert(ctx, t, db, "import_leases", own(values{"import_id": imp}))
	}
}

// counts are the rows of each table.
func counts(ctx context.Context, t testing.TB, db *database.DB) map[string]int64 {
	t.Helper()
	n := make(map[string]int64)
	for _, table := range database.Tables() {
		n[table.Name] = query(ctx, t, db, "SELECT count(*) AS n FROM `"+table.Name+"`")[0]["n"].(int64)
	}
	return n
}
