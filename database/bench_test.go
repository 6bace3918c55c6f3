package database_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/internal/testdb"
)

// BenchmarkNestedList reads 20 imports, each with its definition and results, in one Read on PostgreSQL: as the program
// does; with texts that are never the same, so that no statement is prepared; without row-level security; and with
// policies that ask for the settings row by row.
//
//	go test -run '^$' -bench NestedList -count 5 ./database
func BenchmarkNestedList(b *testing.B) {
	for _, variant := range []struct{ name, prepare string }{
		{"as it is", ""},
		{"never prepared", ""},
		{"without row-level security", `DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_class WHERE relrowsecurity
			LOOP EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t); END LOOP; END $$`},
		{"settings asked per row", `DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['imports', 'import_results'] LOOP
			EXECUTE format('ALTER POLICY own ON %I USING
				(organization_id = NULLIF(current_setting(''app.organization_id'', true), ''''))', t); END LOOP; END $$`},
	} {
		db := testdb.NewPostgres(b)
		fillList(b, db)
		if variant.prepare != "" {
			_, err := testdb.Raw(b, db).ExecContext(b.Context(), variant.prepare)
			require.NoError(b, err)
		}
		var different atomic.Int64
		b.Run(variant.name, func(b *testing.B) {
			ctx := as(b.Context(), "org-a")
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					err := db.Read(ctx, func(ctx context.Context) error {
						list := db.Client().ImportRun.Query().Order(importrun.ByCreatedAt(entsql.OrderDesc())).Limit(20)
						if variant.name == "never prepared" {
							n := fmt.Sprint(different.Add(1))
							list.Where(func(s *entsql.Selector) { s.Where(entsql.ExprP("'" + n + "' <> ''")) })
							list.WithDefinition(func(q *ent.ImportDefinitionQuery) {
								q.Where(func(s *entsql.Selector) { s.Where(entsql.ExprP("'" + n + "' <> ''")) })
							}).WithResults(func(q *ent.ImportResultQuery) {
								q.Where(func(s *entsql.Selector) { s.Where(entsql.ExprP("'" + n + "' <> ''")) })
							})
						} else {
							list.WithDefinition().WithResults()
						}
						found, err := list.All(ctx)
						if err == nil && (len(found) != 20 || len(found[0].Edges.Results) != 10) {
							err = fmt.Errorf("%d imports", len(found))
						}
						return err
					})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}

// fillList gives each tenant 1,000 imports with 10 results.
func fillList(b *testing.B, db *database.DB) {
	b.Helper()
	do(b, db, func(ctx context.Context) { fill(ctx, b, db) })
	all := testdb.Raw(b, db)
	_, err := all.ExecContext(b.Context(), "UPDATE import_definitions SET format = '{}'")
	require.NoError(b, err)
	for _, org := range tenants {
		for _, text := range []string{
			`INSERT INTO imports (id, organization_id, group_id, user_id, upload_history_id, definition_organization_id,
				import_definition_id, definition_version_id, definition_version, format, on_invalid_row, status, file_name,
				created_at, updated_at, processed_row_count, accepted_row_count, rejected_row_count)
			SELECT i.id || '-' || n, organization_id, group_id, user_id, upload_history_id, definition_organization_id,
				import_definition_id, definition_version_id, 1, '{}', 'FAIL', 'PENDING', 'f.csv',
				now() + n * interval '1 second', now(), 0, 0, 0
			FROM imports i, generate_series(1, 1000) n WHERE i.id = 'imp-' || $1`,
			`INSERT INTO import_results (id, organization_id, import_id, attempt, site_key, year, period_unit, period,
				processed_data, rows_processed, created_at)
			SELECT 'r-' || i.id || '-' || n, i.organization_id, i.id, 1, n::text, 2024, 'YEARLY', 1, '{"total":12.5}', 5, now()
			FROM imports i, generate_series(1, 10) n WHERE i.organization_id = $1 AND i.id LIKE 'imp-%-%-%'`,
		} {
			_, err := all.ExecContext(b.Context(), text, org)
			require.NoError(b, err)
		}
	}
	_, err = all.ExecContext(b.Context(), "ANALYZE")
	require.NoError(b, err)
}
