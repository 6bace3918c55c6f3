package database_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

type values map[string]any

// as is a part of the server that acts for an organization, and one of its people.
func as(ctx context.Context, organization string) context.Context {
	v := viewer.Worker("test", organization)
	v.UserID = "user-" + organization
	return viewer.NewContext(ctx, v)
}

// each runs a test on every kind of database, filled with the rows of two tenants.
func each(t *testing.T, f func(t *testing.T, db *database.DB), options ...testdb.Option) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
		f(t, db)
	}, options...)
}

func isPostgres(db *database.DB) bool { return db.Dialect() == dialect.Postgres }

// bind makes the question marks of a statement what the database wants.
func bind(db *database.DB, text string) string {
	if !isPostgres(db) {
		return text
	}
	parts := strings.Split(strings.ReplaceAll(text, "`", `"`), "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			fmt.Fprintf(&b, "$%d", i)
		}
		b.WriteString(part)
	}
	return b.String()
}

func tableNamed(t testing.TB, name string) *schema.Table {
	t.Helper()
	tables := database.Tables()
	i := slices.IndexFunc(tables, func(t *schema.Table) bool { return t.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return tables[i]
}

// insert makes a row; what is not given and has no default is filled by the column's type.
func insert(ctx context.Context, t testing.TB, db *database.DB, table string, given values) {
	t.Helper()
	require.NoError(t, tryInsert(ctx, t, db, table, given), table)
}

func tryInsert(ctx context.Context, t testing.TB, db *database.DB, table string, given values) error {
	t.Helper()
	text, args := insertion(t, table, given)
	_, err := db.ExecContext(ctx, bind(db, text), args...)
	return err
}

func insertion(t testing.TB, table string, given values) (text string, args []any) {
	t.Helper()
	row := maps.Clone(given)
	for _, c := range tableNamed(t, table).Columns {
		if _, set := row[c.Name]; set || c.Nullable || c.Default != nil || c.Increment {
			continue
		}
		switch c.Type {
		case field.TypeString, field.TypeEnum:
			row[c.Name] = "x"
		case field.TypeInt, field.TypeInt64:
			row[c.Name] = 1
		case field.TypeJSON:
			row[c.Name] = "[]"
		case field.TypeTime:
			row[c.Name] = time.Now()
		default:
			t.Fatalf("%s.%s: no filler for %s", table, c.Name, c.Type)
		}
	}
	names := slices.Sorted(maps.Keys(row))
	for _, name := range names {
		args = append(args, row[name])
	}
	return fmt.Sprintf("INSERT INTO `%s` (`%s`) VALUES (?%s)", table, strings.Join(names, "`, `"),
		strings.Repeat(", ?", len(names)-1)), args
}

// query reads all rows.
func query(ctx context.Context, t testing.TB, db *database.DB, text string, args ...any) []values {
	t.Helper()
	rows, err := db.QueryContext(ctx, bind(db, text), args...)
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
			if b, ok := row[i].([]byte); ok && isPostgres(db) {
				row[i] = string(b)
			}
			named[c] = row[i]
		}
		all = append(all, named)
	}
	require.NoError(t, rows.Err())
	return all
}

func execute(ctx context.Context, t testing.TB, db *database.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(ctx, bind(db, text), args...)
	require.NoError(t, err, text)
}

// do is a Do, and read a Read, of the tenant org-a.
func do(t testing.TB, db *database.DB, f func(ctx context.Context)) {
	t.Helper()
	require.NoError(t, db.Do(as(t.Context(), "org-a"), "test", func(ctx context.Context) error { f(ctx); return nil }))
}

func read(t testing.TB, db *database.DB, f func(ctx context.Context)) {
	t.Helper()
	require.NoError(t, db.Read(as(t.Context(), "org-a"), func(ctx context.Context) error { f(ctx); return nil }))
}

// tenants, each with a row in every table that may have one; row errors both of an import and of a history.
var tenants = []string{"org-a", "org-b"}

func fill(ctx context.Context, t testing.TB, db *database.DB) {
	t.Helper()
	for i, org := range tenants {
		for _, r := range rowsOf(i+1, org, "") {
			insert(as(ctx, org), t, db, r.table, r.row)
		}
	}
}

// tokenHash is what the API token with that id is known by.
func tokenHash(id string) string { return fmt.Sprintf("%064x", id) }

type row struct {
	table string
	row   values
}

// rowsOf are rows of a tenant, parents first, whose ids end in suffix.
func rowsOf(history int, org, suffix string) []row {
	own := func(v values) values {
		v["organization_id"] = org
		return v
	}
	id := func(kind string) string { return kind + "-" + org + suffix }
	user, group, def, version, site, imp := id("user"), id("grp"), id("def"), id("ver"), id("site"), id("imp")
	return []row{
		{"organizations", values{"id": org + suffix, "slug": org + suffix}},
		{"users", values{"id": user, "email": user}},
		{"memberships", own(values{"id": id("mem"), "user_id": user, "role": "OWNER"})},
		{"groups", own(values{"id": group, "name": group})},
		{"group_memberships", own(values{"id": id("gm"), "group_id": group, "user_id": user})},
		{"api_tokens", own(values{
			"id": id("tok"), "group_id": group, "created_by_id": user, "token_hash": tokenHash(id("tok")),
		})},
		{"sites", own(values{"id": site, "key": "k" + suffix})},
		{"site_names", own(values{"site_id": site, "normalized": "x" + suffix})},
		{"import_definitions", own(values{"id": def})},
		{"import_definition_versions", own(values{"id": version, "import_definition_id": def, "created_by_id": user})},
		{"issued_uploads", own(values{"group_id": group, "user_id": user, "gcs_path": "p" + suffix})},
		{"review_upload_histories", own(values{"id": history, "group_id": group, "user_id": user})},
		{"imports", own(values{
			"id": imp, "group_id": group, "user_id": user, "upload_history_id": history, "definition_organization_id": org,
			"import_definition_id": def, "definition_version_id": version, "canceled_by_id": user, "status": "PROCESSING",
		})},
		{"import_results", own(values{
			"id": id("res"), "import_id": imp, "site_id": site, "year": 2024, "period_unit": "YEARLY", "period": 1,
		})},
		{"import_row_errors", own(values{"id": id("e1"), "import_id": imp})},
		{"import_row_errors", own(values{"id": id("e2"), "upload_history_id": history, "group_id": group})},
		{"import_log_lines", own(values{"id": id("log"), "import_id": imp, "group_id": group})},
		{"import_leases", own(values{"import_id": imp})},
		{"import_turns", own(values{"import_id": imp})},
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
