package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/prefixid"
)

// imported makes n finished imports of small files with results for several sites and months.
func (w *world) imported(n int) []string {
	w.t.Helper()
	definition := w.define(w.manager, "Energy")
	ids := make([]string, n)
	for i := range ids {
		var file strings.Builder
		file.WriteString("site,date,kwh\n")
		for month := 1; month <= 12; month++ {
			fmt.Fprintf(&file, "North,2024-%02d-01,%d\n", month, i*100+month)
		}
		history := w.upload(w.collector, fmt.Sprintf("file-%03d.csv", i), file.String())
		ids[i] = w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": definition})
	}
	for _, id := range ids {
		require.Equal(w.t, "COMPLETED", w.finish(w.collector, id)["status"])
	}
	return ids
}

func TestANestedListTakesTheSameFewStatementsWhateverItsLength(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.imported(100)
		node := `id status fileName importDefinition { name } user { name }
		results(first: 10) { totalCount nodes { siteKey period processedData } edges { cursor node { year } } }`
		for name, document := range map[string]string{
			"nodes": `query ($n: Int) { imports(first: $n) { totalCount nodes { ` + node + ` } } }`,
			"edges": `query ($n: Int) { imports(first: $n) { totalCount edges { node { ` + node + ` } } } }`,
			"both":  `query ($n: Int) { imports(first: $n) { totalCount nodes { ` + node + ` } edges { node { ` + node + ` } } } }`,
		} {
			var counts []int
			for _, n := range []int{1, 5, 20, 100} {
				statements := w.statements.during(func() { w.must(w.reader, document, object{"n": n}) })
				counts = append(counts, len(statements))
			}
			require.Equal(t, slices.Repeat(counts[:1], len(counts)), counts, name)
		}
		simple := w.statements.during(func() {
			a := w.must(w.reader, `{ imports(first: 20) { nodes { id importDefinition { name } results(first: 10) { nodes { period } } } } }`, nil)
			for i := range 20 {
				for p := range 10 {
					require.EqualValues(t, p+1, a.at("imports", "nodes", i, "results", "nodes", p, "period"))
				}
			}
		})
		require.LessOrEqual(t, len(simple), 5, strings.Join(simple, "\n"))
	})
}

func TestPagesCoverAListOnceInEveryOrderAndDirection(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.imported(7)
		for _, order := range []string{"CREATED_AT", "PROCESSED_AT", "FILE_NAME", "STATUS", "ROW_COUNT"} {
			for _, direction := range []string{"ASC", "DESC"} {
				document := `query ($first: Int, $last: Int, $after: Cursor, $before: Cursor) {
				imports(first: $first, last: $last, after: $after, before: $before, orderBy: {field: ` + order + `, direction: ` + direction + `}) {
					nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
				whole := ids(w.must(w.reader, document, object{"first": 100}))
				require.Len(t, whole, 7)

				var forward []any
				variables := object{"first": 3}
				for {
					a := w.must(w.reader, document, variables)
					forward = append(forward, ids(a)...)
					if a.at("imports", "pageInfo", "hasNextPage") == false {
						break
					}
					variables["after"] = a.at("imports", "pageInfo", "endCursor")
				}
				require.Equal(t, whole, forward, order+" "+direction)

				var backward []any
				variables = object{"last": 3}
				for {
					a := w.must(w.reader, document, variables)
					backward = append(ids(a), backward...)
					if a.at("imports", "pageInfo", "hasPreviousPage") == false {
						break
					}
					variables["before"] = a.at("imports", "pageInfo", "startCursor")
				}
				require.Equal(t, whole, backward, order+" "+direction)
			}
		}
	})
}

func ids(a answer) []any {
	var out []any
	for _, n := range a.at("imports", "nodes").([]any) {
		out = append(out, n.(object)["id"])
	}
	return out
}

func TestPageSizesAndCursorsAreChecked(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.imported(2)
		cursor := w.must(w.reader, `{ imports { edges { cursor } } }`, nil).at("imports", "edges", 0, "cursor")
		for arguments, wanted := range map[string]string{
			`(first: 0)`:          "1 to 100",
			`(first: 101)`:        "1 to 100",
			`(last: -1)`:          "1 to 100",
			`(first: 1, last: 1)`: "not both",
			`(after: "x")`:        "cursor",
			`(before: "bm90")`:    "cursor",
			`(first: 3000000000)`: "32 bits",
			`(orderBy: {field: FILE_NAME}, after: "` + cursor.(string) + `")`: "cursor",
		} {
			a := w.ask(w.reader, `{ imports`+arguments+` { nodes { id } } }`, nil)
			require.Equal(t, "BAD_USER_INPUT", a.code(), arguments)
			require.Contains(t, a.Errors[0].Message, wanted, arguments)
		}
		a := w.ask(w.reader, `query ($c: Cursor) { sites(after: $c) { nodes { id } } }`, object{"c": cursor})
		require.Equal(t, "BAD_USER_INPUT", a.code())
		require.Empty(t, w.must(w.reader, `query ($c: Cursor) { imports(after: $c) { nodes { id } } }`, object{"c": cursor}).at("imports", "nodes", 1))
	})
}

func TestFiltersOfImports(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		all := w.imported(3)
		first := w.must(w.collector, `query ($id: ID!) { import(id: $id) { uploadHistory { id } importDefinition { id } user { id } createdAt } }`,
			object{"id": all[0]})
		count := func(filter object) any {
			return w.must(w.reader, `query ($f: ImportFilter) { imports(filter: $f) { totalCount } }`, object{"f": filter}).at("imports", "totalCount")
		}
		require.EqualValues(t, 3, count(nil))
		require.EqualValues(t, 3, count(object{"status": []any{"COMPLETED", "FAILED"}}))
		require.EqualValues(t, 0, count(object{"status": []any{}}))
		require.EqualValues(t, 1, count(object{"uploadHistoryId": first.at("import", "uploadHistory", "id")}))
		require.EqualValues(t, 3, count(object{"importDefinitionId": first.at("import", "importDefinition", "id")}))
		require.EqualValues(t, 3, count(object{"userId": first.at("import", "user", "id")}))
		require.EqualValues(t, 0, count(object{"userId": "user-nobody"}))
		require.EqualValues(t, 1, count(object{"fileNameContains": "FILE-001"}))
		require.EqualValues(t, 0, count(object{"fileNameContains": "file_001"}), "_ is a letter, not a pattern")
		require.EqualValues(t, 3, count(object{"createdAfter": first.at("import", "createdAt")}))
		require.EqualValues(t, 0, count(object{"createdBefore": first.at("import", "createdAt")}))
		require.EqualValues(t, 0, count(object{"createdAfter": time.Now().Add(time.Hour).Format(time.RFC3339)}))
	})
}

func TestResultsShowTheNewestOfEachDefinitionSiteAndPeriod(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		all := w.imported(3)
		newest := w.must(w.reader, `{ importResults(first: 100) { totalCount nodes { import { id } period processedData } } }`, nil)
		require.EqualValues(t, 12, newest.at("importResults", "totalCount"))
		for i := range 12 {
			require.Equal(t, all[2], newest.at("importResults", "nodes", i, "import", "id"))
			require.EqualValues(t, i+1, newest.at("importResults", "nodes", i, "period"))
			require.EqualValues(t, 200+i+1, newest.at("importResults", "nodes", i, "processedData", "kwh"))
		}
		count := func(filter object) any {
			return w.must(w.reader, `query ($f: ImportResultFilter) { importResults(filter: $f) { totalCount } }`,
				object{"f": filter}).at("importResults", "totalCount")
		}
		require.EqualValues(t, 36, count(object{"current": false}))
		require.EqualValues(t, 12, count(object{"importId": all[0]}))
		require.EqualValues(t, 0, count(object{"importId": all[0], "current": true}))
		require.EqualValues(t, 1, count(object{"period": 3, "year": 2024, "periodUnit": "MONTHLY", "siteKey": "North"}))
		require.EqualValues(t, 0, count(object{"periodUnit": "YEARLY"}))
		require.EqualValues(t, 0, count(object{"siteId": "site-nowhere"}))
	})
}

// TestAListBelowVeryManyParentsIsWhole reads the results of 600 imports, which stand below several lists, at once.
func TestAListBelowVeryManyParentsIsWhole(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		of := w.define(w.manager, "Energy")
		const histories, imports = 6, 100
		for i := range histories {
			history, _ := prefixid.Number(prefixid.UploadHistory, w.upload(w.collector, fmt.Sprint(i, ".csv"), meter))
			w.system(func(ctx context.Context) {
				c, v := w.db.Client(), w.collector
				version := c.ImportDefinitionVersion.Query().OnlyX(ctx)
				for j := range imports {
					run := c.ImportRun.Create().SetID(prefixid.New(prefixid.Import)).SetOrganizationID(v.OrganizationID).
						SetGroupID(v.GroupID).SetUserID(v.UserID).SetUploadHistoryID(history).
						SetDefinitionOrganizationID(v.OrganizationID).SetImportDefinitionID(of).SetDefinitionVersionID(version.ID).
						SetDefinitionVersion(1).SetFormat(definition.Format{}).SetOnInvalidRow(definition.InvalidRowFail).
						SetFileName("f.csv").SetStatus(definition.ImportCompleted).SetProcessedAt(time.Now()).SaveX(ctx)
					c.ImportResult.Create().SetOrganizationID(v.OrganizationID).SetImportID(run.ID).SetAttempt(1).
						SetYear(2024).SetPeriodUnit(definition.Yearly).SetPeriod(1).SetRowsProcessed(1).
						SetProcessedData(json.RawMessage(fmt.Sprintf(`{"kwh":%d}`, i*imports+j))).ExecX(ctx)
				}
			})
		}
		a := w.must(w.reader, `{ uploadHistories(first: 6) { nodes { imports(first: 100) {
			nodes { id results(first: 1) { totalCount nodes { processedData import { id } } } } } } } }`, nil)
		seen := map[any]bool{}
		for i := range histories {
			for j := range imports {
				run := a.at("uploadHistories", "nodes", i, "imports", "nodes", j).(object)
				results := run["results"].(object)
				require.EqualValues(t, 1, results["totalCount"])
				result := results["nodes"].([]any)[0].(object)
				require.Equal(t, run["id"], result["import"].(object)["id"])
				seen[result["processedData"].(object)["kwh"]] = true
			}
		}
		require.Len(t, seen, histories*imports)
	})
}
