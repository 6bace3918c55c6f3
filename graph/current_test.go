package graph_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// outcome is one result as the model of the list knows it.
type outcome struct {
	id, run, definition, site, siteID, unit string
	year, period                            int
	created                                 time.Time
	superseded                              bool
}

// key is what one current result is of.
func (o outcome) key() string {
	return fmt.Sprintln(o.definition, o.site, o.unit, o.year, o.period)
}

// finished makes a final import of a definition as a worker would leave it, with results of some of the keys.
func (w *world) finished(
	ctx context.Context, by viewer.Viewer, history int64, of *ent.ImportDefinition, random *rand.Rand, sites []string,
) []outcome {
	c := w.db.Client()
	versions := of.QueryVersions().OnlyX(ctx)
	status := definition.ImportCompleted
	if random.IntN(6) == 0 {
		status = definition.ImportFailed
	} else if random.IntN(6) == 0 {
		status = definition.ImportCanceled
	}
	create := c.ImportRun.Create().SetID(prefixid.New(prefixid.Import)).
		SetOrganizationID(by.OrganizationID).SetGroupID(by.GroupID).SetUserID(by.UserID).SetUploadHistoryID(history).
		SetDefinitionOrganizationID(of.OrganizationID).SetImportDefinitionID(of.ID).SetDefinitionVersionID(versions.ID).
		SetDefinitionVersion(1).SetFormat(definition.Format{}).SetOnInvalidRow(definition.InvalidRowFail).
		SetFileName("f.csv").SetStatus(status).SetProcessedAt(time.Now())
	if status == definition.ImportFailed {
		create.SetErrorCode(definition.ErrorInternal).SetError("it failed")
	}
	run := create.SaveX(ctx)
	if status != definition.ImportCompleted {
		return nil
	}
	units := []string{"MONTHLY", "QUARTERLY", "YEARLY"}
	seen := map[string]bool{}
	var all []outcome
	for range random.IntN(12) {
		o := outcome{
			id: prefixid.New(prefixid.Result), run: run.ID, definition: of.ID, unit: units[random.IntN(3)],
			year: 2023 + random.IntN(2), period: 1, created: time.Now().UTC().Truncate(time.Millisecond),
		}
		if o.unit != "YEARLY" {
			o.period += random.IntN(2)
		}
		siteID := ""
		switch n := random.IntN(4); n {
		case 0: // of no site
		case 1:
			o.site = "unknown"
		default:
			o.site, siteID = fmt.Sprint("s", n), sites[n-2]
		}
		if seen[o.key()] {
			continue
		}
		seen[o.key()] = true
		r := c.ImportResult.Create().SetID(o.id).SetOrganizationID(by.OrganizationID).SetImportID(run.ID).SetAttempt(1).
			SetSiteKey(o.site).SetYear(o.year).SetPeriodUnit(definition.PeriodUnit(o.unit)).SetPeriod(o.period).
			SetProcessedData(json.RawMessage(`{"kwh":1}`)).SetRowsProcessed(1).SetCreatedAt(o.created)
		// The same key may have been matched to a site in one import and not yet in another.
		if siteID != "" && random.IntN(3) > 0 {
			r.SetSiteID(siteID)
			o.siteID = siteID
		}
		r.ExecX(ctx)
		all = append(all, o)
	}
	return all
}

// TestCurrentResultsAreThoseOfTheNewestImports compares lists, counts and pages with a plain model of them, over random
// imports of several definitions with failed, canceled and superseded ones among them, and the same in another
// organization.
func TestCurrentResultsAreThoseOfTheNewestImports(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(4, 2))
		var mine []outcome
		var definitions []string
		for _, by := range []viewer.Viewer{w.manager, w.foreigner} {
			for _, name := range []string{"one", "two", "three"} {
				id := w.define(by, name)
				if by == w.manager {
					definitions = append(definitions, id)
				}
			}
			history, _ := prefixid.Number(prefixid.UploadHistory, w.upload(by, "f.csv", meter))
			var all []outcome
			w.as(by.OrganizationID, func(ctx context.Context) {
				var sites []string
				for _, key := range []string{"s2", "s3"} {
					sites = append(sites, w.db.Client().Site.Create().SetKey(key).SetName(key+" "+by.OrganizationID).SaveX(ctx).ID)
				}
				found := w.db.Client().ImportDefinition.Query().
					Where(importdefinition.OrganizationID(by.OrganizationID)).Order(importdefinition.ByName()).AllX(ctx)
				var before []outcome
				for range 60 {
					made := w.finished(ctx, by, history, found[random.IntN(3)], random, sites)
					if len(made) > 0 && len(before) > 0 && before[0].definition == made[0].definition && random.IntN(2) == 0 {
						w.db.Client().ImportRun.UpdateOneID(before[0].run).SetSupersededByID(made[0].run).ExecX(ctx)
						for i := range all {
							all[i].superseded = all[i].superseded || all[i].run == before[0].run
						}
					}
					all, before = append(all, made...), made
				}
			})
			if by == w.manager {
				mine = all
			}
		}
		newest := map[string]string{}
		superseded := 0
		for _, o := range mine {
			if o.superseded {
				superseded++
			} else if o.run > newest[o.key()] {
				newest[o.key()] = o.run
			}
		}
		require.Greater(t, superseded, 5)
		isCurrent := func(o outcome) bool { return !o.superseded && newest[o.key()] == o.run }

		site, run := "", ""
		for _, o := range mine {
			if site == "" && o.siteID != "" {
				site = o.siteID
			}
			if isCurrent(o) {
				run = o.run
			}
		}
		filters := map[string]struct {
			filter object
			holds  func(outcome) bool
		}{
			"none":               {nil, isCurrent},
			"current":            {object{"current": true}, isCurrent},
			"all":                {object{"current": false}, func(outcome) bool { return true }},
			"definition":         {object{"importDefinitionId": definitions[1]}, func(o outcome) bool { return isCurrent(o) && o.definition == definitions[1] }},
			"definition, all":    {object{"importDefinitionId": definitions[1], "current": false}, func(o outcome) bool { return o.definition == definitions[1] }},
			"site":               {object{"siteId": site}, func(o outcome) bool { return isCurrent(o) && o.siteID == site }},
			"site key":           {object{"siteKey": "s2"}, func(o outcome) bool { return isCurrent(o) && o.site == "s2" }},
			"no site":            {object{"siteKey": ""}, func(o outcome) bool { return isCurrent(o) && o.site == "" }},
			"year":               {object{"year": 2024}, func(o outcome) bool { return isCurrent(o) && o.year == 2024 }},
			"unit and period":    {object{"periodUnit": "QUARTERLY", "period": 2}, func(o outcome) bool { return isCurrent(o) && o.unit == "QUARTERLY" && o.period == 2 }},
			"import":             {object{"importId": run}, func(o outcome) bool { return o.run == run }},
			"import and current": {object{"importId": run, "current": true}, func(o outcome) bool { return isCurrent(o) && o.run == run }},
			"nothing":            {object{"year": 1999}, func(outcome) bool { return false }},
		}
		period := func(a, b outcome) int {
			return cmp.Or(cmp.Compare(a.year, b.year), strings.Compare(a.unit, b.unit), cmp.Compare(a.period, b.period))
		}
		orders := map[string]func(a, b outcome) int{
			"PERIOD": func(a, b outcome) int { return cmp.Or(period(a, b), strings.Compare(a.site, b.site)) },
			"SITE": func(a, b outcome) int {
				return cmp.Or(strings.Compare(a.site, b.site), strings.Compare(a.unit, b.unit), cmp.Compare(a.year, b.year), cmp.Compare(a.period, b.period))
			},
			"CREATED_AT": func(a, b outcome) int { return a.created.Compare(b.created) },
		}
		const document = `query ($f: ImportResultFilter, $o: ImportResultOrder, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
			importResults(filter: $f, orderBy: $o, first: $first, after: $after, last: $last, before: $before) {
				totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
		for name, f := range filters {
			for field, compare := range orders {
				for _, direction := range []string{"ASC", "DESC"} {
					var want []string
					matching := slices.DeleteFunc(slices.Clone(mine), func(o outcome) bool { return !f.holds(o) })
					slices.SortFunc(matching, func(a, b outcome) int {
						order := cmp.Or(compare(a, b), strings.Compare(a.id, b.id))
						if direction == "DESC" {
							return -order
						}
						return order
					})
					for _, o := range matching {
						want = append(want, o.id)
					}
					what := name + " " + field + " " + direction
					for _, forward := range []bool{true, false} {
						var got []string
						variables := object{"f": f.filter, "o": object{"field": field, "direction": direction}}
						for more := true; more; {
							size, at := "first", "after"
							if !forward {
								size, at = "last", "before"
							}
							variables[size] = 17
							a := w.must(w.reader, document, variables)
							require.EqualValues(t, len(want), a.at("importResults", "totalCount"), what)
							var ids []string
							for _, node := range a.at("importResults", "nodes").([]any) {
								ids = append(ids, node.(object)["id"].(string))
							}
							info := a.at("importResults", "pageInfo").(object)
							if forward {
								got, more, variables[at] = append(got, ids...), info["hasNextPage"].(bool), info["endCursor"]
							} else {
								got, more, variables[at] = append(ids, got...), info["hasPreviousPage"].(bool), info["startCursor"]
							}
						}
						require.Equal(t, strings.Join(want, " "), strings.Join(got, " "), what)
					}
				}
			}
		}
	})
}

// TestAPageOfCurrentResultsIsReadAlongTheIndexes makes fifty imports of the same keys: by the plan, a page reads its own
// keys from the index in the order of the list, and looks for the newest import of each once in one of them.
func TestAPageOfCurrentResultsIsReadAlongTheIndexes(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		if w.db.Dialect() != dialect.Postgres {
			return // it is PostgreSQL's planner that is watched
		}
		run := w.imported(1)[0]
		w.system(func(ctx context.Context) {
			for _, statement := range []string{
				`CREATE TEMPORARY TABLE copied ON COMMIT DROP AS SELECT imports.*, n FROM imports, generate_series(1, 50) n WHERE id = '` + run + `'`,
				`UPDATE copied SET id = 'imp-zz' || to_char(n, 'FM000')`,
				`ALTER TABLE copied DROP COLUMN n`,
				`INSERT INTO imports SELECT * FROM copied`,
				`INSERT INTO import_results (id, organization_id, import_id, attempt, site_key, year, period_unit, period, processed_data,
					rows_processed, rows_rejected, created_at)
				SELECT i.id || 'r' || k, organization_id, i.id, 1, 'site ' || k % 10, 2000 + k / 120, 'MONTHLY', 1 + (k / 10) % 12, '{"kwh":1}', 1, 0, created_at
				FROM imports i, generate_series(0, 199) k WHERE i.id <> '` + run + `'`,
			} {
				_, err := w.db.ExecContext(ctx, statement)
				require.NoError(t, err, statement)
			}
		})
		// What the server does by itself, sooner or later.
		owners, err := sql.Open("postgres", w.owners)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, owners.Close()) })
		_, err = owners.ExecContext(t.Context(), "ANALYZE imports, import_results")
		require.NoError(t, err)
		for order, index := range map[string]string{
			"PERIOD": `Index Scan using importresult_organization_id_y\w+ on import_results`,
			"SITE":   `(?s)Presorted Key: import_results.site_key\n.*Index Scan using importresult_organization_id_site_key `,
		} {
			all := w.statements.during(func() {
				a := w.must(w.reader, `query ($o: ImportResultOrderField!) { importResults(orderBy: {field: $o}) { nodes { id } } }`, object{"o": order})
				require.Len(t, a.at("importResults", "nodes"), 20)
			})
			statement := all[len(all)-1]
			arguments := strings.TrimSuffix(strings.Repeat("'"+w.reader.OrganizationID+"',", strings.Count(statement, "$")), ",")
			var plan strings.Builder
			w.system(func(ctx context.Context) {
				_, err := w.db.ExecContext(ctx, "PREPARE page AS "+statement)
				require.NoError(t, err)
				rows, err := w.db.QueryContext(ctx, "EXPLAIN (ANALYZE, TIMING OFF) EXECUTE page("+arguments+")")
				require.NoError(t, err)
				for rows.Next() {
					var line string
					require.NoError(t, rows.Scan(&line))
					plan.WriteString(line + "\n")
				}
				require.NoError(t, rows.Err())
				require.NoError(t, rows.Close())
				_, err = w.db.ExecContext(ctx, "DEALLOCATE page")
				require.NoError(t, err)
			})
			require.Regexp(t, index, plan.String(), order)
			require.NotContains(t, plan.String(), "Seq Scan on import_results", order)
			require.Regexp(t, `Index Only Scan Backward using importresult_organization_id_y\w+ on import_results newer_result`, plan.String())
		}
	})
}
