package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const previewDocument = `query ($in: PreviewImportInput!) { previewImport(input: $in) {
	detectedFormat { kind encoding delimiter headerRow }
	columnMapping { column header score reason } missingRequired
	rows { row line values }
	rowErrors { id row line column code value message params { name value } }
	results { siteKey year periodUnit period processedData rowsProcessed }
	sites { siteKey rowCount site { id name } }
	log { level message siteKey at } sampledRowCount
	warnings { code message } userErrors { code field message params { name value } }
} }`

// counts tells how many rows each table has, and how many objects the bucket.
func (w *world) counts() object {
	w.t.Helper()
	counts := object{}
	w.system(func(ctx context.Context) {
		c := w.db.Client()
		counts["imports"] = c.ImportRun.Query().CountX(ctx)
		counts["results"] = c.ImportResult.Query().CountX(ctx)
		counts["errors"] = c.ImportRowError.Query().CountX(ctx)
		counts["leases"] = c.ImportLease.Query().CountX(ctx)
		counts["definitions"] = c.ImportDefinition.Query().CountX(ctx)
		counts["versions"] = c.ImportDefinitionVersion.Query().CountX(ctx)
		counts["histories"] = c.ReviewUploadHistory.Query().CountX(ctx)
		counts["sites"] = c.Site.Query().CountX(ctx)
		counts["names"] = c.SiteName.Query().CountX(ctx)
		counts["turns"] = c.ImportTurn.Query().CountX(ctx)
	})
	return counts
}

// TestAPreviewShowsWhatAnImportWouldDoAndLeavesNoTrace goes through the API, and compares with the import.
func TestAPreviewShowsWhatAnImportWouldDoAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.define(w.manager, "Energy")
		w.must(w.manager, `mutation { createSite(input: {key: "n", name: "Plant North", aliases: ["NORTH"]}) { userErrors { code } } }`, nil)
		history := w.upload(w.collector, "meter.csv",
			"site,date,kWh\nNorth,2024-01-05,1234567890123456789.125\n\nNorth,2024-01-06,2\nSouth,2024-02-01,x\nSouth,2024-02-02,-3\n")
		before := w.counts()
		in := object{"uploadHistoryId": history, "importDefinitionId": id, "onInvalidRow": "SKIP"}
		var a answer
		sent := w.statements.during(func() { a = w.must(w.collector, previewDocument, object{"in": in}) })
		require.Equal(t, before, w.counts())
		for _, statement := range sent {
			verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(statement)), " ")
			require.NotContains(t, []string{"INSERT", "UPDATE", "DELETE", "COPY", "WITH"}, verb)
		}
		require.LessOrEqual(t, len(sent), 12)

		p := func(path ...any) any { return a.at(append([]any{"previewImport"}, path...)...) }
		require.Empty(t, p("userErrors"))
		require.Equal(t, object{"kind": "CSV", "encoding": "UTF-8", "delimiter": ",", "headerRow": 1.0}, p("detectedFormat"))
		require.Equal(t, object{"column": "kwh", "header": "kWh", "score": 0.97, "reason": "same but for case and accents"}, p("columnMapping", 2))
		require.Empty(t, p("missingRequired"))
		require.Empty(t, p("log"))
		require.EqualValues(t, 4, p("sampledRowCount"))
		require.Len(t, p("rows"), 4)
		require.Equal(t, object{"row": 2.0, "line": 4.0, "values": object{"site": "North", "date": "2024-01-06", "kwh": 2.0}}, p("rows", 1))
		require.Nil(t, p("rows", 2, "values", "kwh"))
		require.Len(t, p("rowErrors"), 1)
		require.Equal(t, "NUMBER_INVALID", p("rowErrors", 0, "code"))
		require.Equal(t, "x", p("rowErrors", 0, "value"))
		require.Len(t, p("results"), 2)
		require.Equal(t, "South", p("results", 0, "siteKey"))
		require.Equal(t, object{"siteKey": "South", "rowCount": 1.0, "site": nil}, p("sites", 0))
		require.Equal(t, "n", p("sites", 1, "siteKey"))
		require.EqualValues(t, 2, p("sites", 1, "rowCount"))
		require.Equal(t, "Plant North", p("sites", 1, "site", "name"))
		require.Contains(t, w.raw(w.collector, previewDocument, object{"in": in}), `"kwh":1234567890123456789.125`)
	})
	working(t, func(t *testing.T, w *world) {
		id := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "meter.csv", meter+"East,never,1\n")
		a := w.must(w.collector, previewDocument, object{"in": object{
			"uploadHistoryId": history, "importDefinitionId": id, "onInvalidRow": "SKIP",
		}})
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id, "onInvalidRow": "SKIP"})
		require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, run)["status"])
		b := w.must(w.collector, `query ($id: ID!) { import(id: $id) {
			columnMapping { column header } warnings { code message }
			results(first: 100, orderBy: {field: SITE}) { nodes { siteKey year periodUnit period processedData rowsProcessed } }
			rowErrors { nodes { row line column code value message params { name value } } } } }`, object{"id": run})
		require.ElementsMatch(t, b.at("import", "results", "nodes"), a.at("previewImport", "results"))
		require.Equal(t, b.at("import", "warnings"), a.at("previewImport", "warnings"))
		wrong := a.at("previewImport", "rowErrors").([]any)
		for _, e := range wrong {
			delete(e.(object), "id")
		}
		require.Equal(t, b.at("import", "rowErrors", "nodes"), wrong)
		for i, m := range b.at("import", "columnMapping").([]any) {
			require.Equal(t, m.(object)["column"], a.at("previewImport", "columnMapping", i, "column"))
			require.Equal(t, m.(object)["header"], a.at("previewImport", "columnMapping", i, "header"))
		}
	})
}

// raw is the text of an answer.
func (w *world) raw(v any, document string, variables object) string {
	w.t.Helper()
	body, err := json.Marshal(object{"query": document, "variables": variables})
	require.NoError(w.t, err)
	who, err := json.Marshal(v)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Test-Viewer", string(who))
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	require.NoError(w.t, err)
	return text.String()
}

// TestAPreviewTellsWhatNoRowAloneIsWrongWith previews amounts in two currencies, which are right row by row.
func TestAPreviewTellsWhatNoRowAloneIsWrongWith(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		in := object{"importDefinitionId": w.define(w.manager, "Costs")}
		for policy, rows := range map[string]string{"FAIL": "", "SKIP": "N,never,1 EUR\n"} {
			in["onInvalidRow"] = policy
			in["uploadHistoryId"] = w.upload(w.collector, "costs.csv", "site,date,kwh\nN,2024-01-01,5 EUR\nN,2024-01-02,5 USD\n"+rows)
			a := w.must(w.collector, previewDocument, object{"in": in})
			require.Empty(t, a.at("previewImport", "results"))
			require.Len(t, a.at("previewImport", "rowErrors"), strings.Count(rows, "\n"))
			run := w.start(w.collector, in)
			done := w.finish(w.collector, run)
			require.Equal(t, "INVALID_ROWS", done["errorCode"])
			require.Len(t, a.at("previewImport", "userErrors"), 1, policy)
			wrong := a.at("previewImport", "userErrors", 0).(object)
			require.Equal(t, "UPLOAD_FAILED", wrong["code"])
			require.Equal(t, []any{"input", "uploadHistoryId"}, wrong["field"])
			require.Equal(t, object{"name": "errorCode", "value": "INVALID_ROWS"}, wrong["params"].([]any)[0])
			require.True(t, strings.EqualFold(done["error"].(string)+".", wrong["message"].(string)), wrong["message"])
		}
	})
}

func TestADraftIsPreviewedThroughTheAPI(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		history := w.upload(w.collector, "meter.csv", "tarih;tüketim\n01.02.2024;1.234,5\n")
		draft := object{
			"inputSchema": []object{
				{"name": "tarih", "type": "DATE", "role": "PERIOD"}, {"name": "TÜKETİM", "type": "NUMBER"},
			},
			"outputSchema": []object{{"key": "sum", "aggregate": "SUM", "column": "TÜKETİM", "periodUnit": "MONTHLY"}},
			"format":       object{"locale": "tr"},
		}
		in := object{"uploadHistoryId": history, "draft": draft}
		a := w.must(w.collector, previewDocument, object{"in": in})
		require.Empty(t, a.at("previewImport", "userErrors"))
		require.Equal(t, object{"tarih": "2024-02-01", "TÜKETİM": 1234.5}, a.at("previewImport", "rows", 0, "values"))
		require.Equal(t, object{"sum": 1234.5}, a.at("previewImport", "results", 0, "processedData"))
		require.Empty(t, a.at("previewImport", "sites"))

		draft["outputSchema"] = []object{{"key": "sum", "aggregate": "SUM", "column": "tarih"}}
		a = w.must(w.collector, previewDocument, object{"in": in})
		require.Equal(t, "DEFINITION_INVALID", a.at("previewImport", "userErrors", 0, "code"))
		require.Equal(t, []any{"input", "draft", "outputSchema", "0"},
			a.at("previewImport", "userErrors", 0, "field").([]any)[:4])
		require.Nil(t, a.at("previewImport", "detectedFormat"))
		require.Empty(t, a.at("previewImport", "rows"))
	})
}

func TestPreviewsObeyRolesAndGroupsAndTheirOwnLimits(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "meter.csv", meter)
		in := object{"uploadHistoryId": history, "importDefinitionId": id}
		for _, test := range []struct {
			who  any
			code string
		}{
			{w.reader, "FORBIDDEN"}, {w.noGroup, "GROUP_REQUIRED"}, {w.otherGroup, "NOT_FOUND"}, {w.foreigner, "NOT_FOUND"},
		} {
			require.Contains(t, w.raw(test.who, previewDocument, object{"in": in}), `"userErrors":[{"code":"`+test.code+`"`)
		}

		twice := `query ($in: PreviewImportInput!) { previewImport(input: $in) { sampledRowCount } ...F }
			fragment F on Query { again: previewImport(input: $in) { sampledRowCount } }`
		var a answer
		sent := w.statements.during(func() { a = w.ask(w.collector, twice, object{"in": in}) })
		require.Equal(t, "LIMIT_EXCEEDED", a.code())
		require.Empty(t, sent, "refused before anything is done")

		once := `query ($in: PreviewImportInput!) { previewImport(input: $in) { sampledRowCount } }`
		variables, err := json.Marshal(object{"in": in})
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/graphql?"+url.Values{
			"query": {once}, "variables": {string(variables)},
		}.Encode(), nil)
		require.NoError(t, err)
		r.Header.Set("Test-Viewer", encode(w.collector))
		response, err := w.server.Client().Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		a = answer{}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&a))
		require.Equal(t, "BAD_USER_INPUT", a.code())

		beside := `query ($in: PreviewImportInput!) { imports { totalCount } previewImport(input: $in) { sampledRowCount } viewer { user { name } } }`
		a = w.must(w.collector, beside, object{"in": in})
		require.Equal(t, "collector", a.at("viewer", "user", "name"))
		a = w.ask(w.collector, strings.ReplaceAll(beside, "input: $in", "input: {uploadHistoryId: 1.5}, x: $in"), object{"in": in})
		require.NotNil(t, a.code())

		for rows, code := range map[int]any{0: "INVALID_INPUT", 1001: "INVALID_INPUT", 1: nil} {
			in["sampleRows"] = rows
			a = w.must(w.collector, previewDocument, object{"in": in})
			require.Equal(t, code, a.at("previewImport", "userErrors", 0, "code"), strconv.Itoa(rows))
		}
	})
}
