package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// meters is a definition whose processor takes the first reading of a month from its last, and says what it saw.
const meters = `// Readings go up; what was used is the difference.
function process(rows, context) {
  const months = {};
  for (const row of rows) {
    const month = Number(row.date.slice(5, 7));
    (months[month] ??= []).push(row.reading);
  }
  const used = {};
  for (const [month, readings] of Object.entries(months)) {
    used[month] = Math.max(...readings) - Math.min(...readings);
    if (used[month] === 0) console.warn('no use in month', month);
  }
  console.log(context.site.key, rows.length);
  return { used, name: context.site.name };
}
`

var meterDefinition = object{
	"inputSchema": []object{
		{"name": "site", "type": "STRING", "role": "SITE_IDENTIFIER"},
		{"name": "date", "type": "DATE", "role": "PERIOD"},
		{"name": "reading", "type": "NUMBER"},
	},
	"outputSchema": []object{
		{"key": "used", "periodUnit": "MONTHLY", "formElementId": "used-1"}, {"key": "name", "type": "STRING"},
	},
	"processorCode": meters,
}

const meterReadings = "site,date,reading\nn,2024-01-01,10\nn,2024-01-31,25.5\nSouth,2024-02-01,7\nn,2024-02-01,25.5\n"

const createDefinition = `mutation ($in: CreateImportDefinitionInput!) { createImportDefinition(input: $in) {
	importDefinition { id version processorCode current { processorCode } } userErrors { code field message params { name value } } } }`

// with is an object with some fields changed.
func with(o object, change object) object {
	out := object{}
	for k, v := range o {
		out[k] = v
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}

func TestADefinitionWithCodeIsSavedTriedAndRun(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.must(w.manager, `mutation { createSite(input: {key: "n", name: "North"}) { userErrors { code } } }`, nil)
		a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{"name": "Meters"})})
		require.Empty(t, a.at("createImportDefinition", "userErrors"))
		require.Equal(t, meters, a.at("createImportDefinition", "importDefinition", "processorCode"))
		require.Equal(t, meters, a.at("createImportDefinition", "importDefinition", "current", "processorCode"))
		id := a.at("createImportDefinition", "importDefinition", "id")
		history := w.upload(w.collector, "meters.csv", meterReadings)

		p := w.must(w.collector, previewDocument, object{"in": object{"uploadHistoryId": history, "importDefinitionId": id}})
		require.Empty(t, p.at("previewImport", "userErrors"))
		draft := w.must(w.collector, previewDocument, object{"in": object{"uploadHistoryId": history, "draft": meterDefinition}})
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id})
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
		document := `query ($id: ID!) { import(id: $id) {
			results(first: 100, orderBy: {field: SITE}) { nodes {
				siteKey year periodUnit period processedData rowsProcessed mapping { outputKey formElementId valueInserted } } }
			log { nodes { level message siteKey at } totalCount pageInfo { hasNextPage } }
			ranWith { processorCode } importDefinition { processorCode } } }`
		b := w.must(w.collector, document, object{"id": run})
		require.Equal(t, meters, b.at("import", "ranWith", "processorCode"))
		require.Equal(t, meters, b.at("import", "importDefinition", "processorCode"))
		results := b.at("import", "results", "nodes").([]any)
		var got []string
		for _, r := range results {
			r := r.(object)
			got = append(got, strings.Join([]string{r["siteKey"].(string), r["periodUnit"].(string)}, " "))
			delete(r, "mapping")
		}
		require.Equal(t, []string{"South MONTHLY", "n MONTHLY", "n MONTHLY", "n YEARLY"}, got)
		require.Equal(t, object{
			"siteKey": "n", "year": 2024.0, "periodUnit": "MONTHLY", "period": 1.0, "processedData": object{"used": 15.5},
			"rowsProcessed": 2.0,
		}, results[1])
		require.Equal(t, object{"name": "North"}, results[3].(object)["processedData"])
		require.ElementsMatch(t, results, p.at("previewImport", "results"))
		require.Equal(t, p.at("previewImport", "results"), draft.at("previewImport", "results"))

		require.EqualValues(t, 4, b.at("import", "log", "totalCount"))
		logs := b.at("import", "log", "nodes").([]any)
		for i, want := range []object{
			{"level": "WARN", "message": "no use in month 2", "siteKey": "South"},
			{"level": "LOG", "message": "South 1", "siteKey": "South"},
			{"level": "WARN", "message": "no use in month 2", "siteKey": "n"},
			{"level": "LOG", "message": "n 3", "siteKey": "n"},
		} {
			for _, l := range []any{logs[i], p.at("previewImport", "log", i), draft.at("previewImport", "log", i)} {
				line := l.(object)
				require.NotEmpty(t, line["at"])
				delete(line, "at")
				require.Equal(t, want, line)
			}
		}

		// What a script writes may quote the file: it is the group's.
		other := w.must(w.otherGroup, document, object{"id": run})
		require.Empty(t, other.at("import", "log", "nodes"))
		require.EqualValues(t, 0, other.at("import", "log", "totalCount"))
		require.Len(t, other.at("import", "results", "nodes"), 4)
		require.Nil(t, w.must(w.foreigner, document, object{"id": run}).at("import"))
	})
}

func TestCodeThatCannotRunIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		history := w.upload(w.collector, "meters.csv", meterReadings)
		a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{"name": "Meters"})})
		id := a.at("createImportDefinition", "importDefinition", "id")
		for name, test := range map[string]struct {
			code         string
			line, column string // empty: none is told
			says         string
		}{
			"syntax":                 {"function process(rows) {\n  return {used: };\n}", "2", "17", "yntax"},
			"unclosed":               {"function process(rows) {\n  return {", "2", "", ""},
			"no process":             {"function compute(rows) { return {} }", "", "", "process"},
			"process is no function": {"var process = 3", "", "", "process"},
			"throws":                 {"\n\nnull.x; function process() {}", "3", "", "null"},
			"a module":               {"export function process() {}", "1", "", ""},
			"never ends":             {"for (;;) {}", "", "", "long"},
		} {
			for way, ask := range map[string]func() (any, []any){
				"create": func() (any, []any) {
					a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{"name": "X", "processorCode": test.code})})
					require.Nil(t, a.at("createImportDefinition", "importDefinition"))
					return a.at("createImportDefinition", "userErrors"), []any{"input", "processorCode"}
				},
				"update": func() (any, []any) {
					a := w.must(w.manager, `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) {
						importDefinition { id } userErrors { code field message params { name value } } } }`,
						object{"in": object{"id": id, "expectedVersion": 1, "processorCode": test.code}})
					require.Nil(t, a.at("updateImportDefinition", "importDefinition"))
					return a.at("updateImportDefinition", "userErrors"), []any{"input", "processorCode"}
				},
				"preview": func() (any, []any) {
					a := w.must(w.collector, previewDocument, object{"in": object{
						"uploadHistoryId": history, "draft": with(meterDefinition, object{"processorCode": test.code}),
					}})
					return a.at("previewImport", "userErrors"), []any{"input", "draft", "processorCode"}
				},
			} {
				errs, field := ask()
				require.Len(t, errs, 1, name+way)
				e := errs.([]any)[0].(object)
				require.Equal(t, "SCRIPT_INVALID", e["code"], name+way)
				require.Equal(t, field, e["field"], name+way)
				require.Contains(t, e["message"], test.says, name+way)
				params := map[string]string{}
				for _, p := range e["params"].([]any) {
					key := p.(object)["name"].(string)
					require.NotContains(t, params, key, name+way)
					params[key] = p.(object)["value"].(string)
				}
				require.Equal(t, test.line, params["line"], "%s %s: %v", name, way, e)
				if test.column != "" {
					require.Equal(t, test.column, params["column"], "%s %s: %v", name, way, e)
				}
			}
		}
		require.EqualValues(t, 1, w.counts()["versions"])
	})
}

func TestCodeIsChangedAndTakenBackInNewVersions(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{"name": "Meters"})})
		id := a.at("createImportDefinition", "importDefinition", "id")
		update := func(change object) answer {
			return w.must(w.manager, `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) {
				importDefinition { version processorCode current { processorCode } versions { nodes { number processorCode } } }
				userErrors { code field message } } }`, object{"in": with(change, object{"id": id})})
		}
		other := "const process = () => ({})"
		a = update(object{"expectedVersion": 1, "processorCode": other})
		require.Empty(t, a.at("updateImportDefinition", "userErrors"))
		require.Equal(t, other, a.at("updateImportDefinition", "importDefinition", "processorCode"))
		require.EqualValues(t, 2, a.at("updateImportDefinition", "importDefinition", "version"))
		require.Equal(t, meters, a.at("updateImportDefinition", "importDefinition", "versions", "nodes", 1, "processorCode"))

		a = update(object{"expectedVersion": 2, "processorCode": nil}) // the outputs have no aggregates yet
		require.Equal(t, "DEFINITION_INVALID", a.at("updateImportDefinition", "userErrors", 0, "code"))
		a = update(object{"expectedVersion": 2, "processorCode": nil, "outputSchema": []object{{"key": "n", "aggregate": "COUNT"}}})
		require.Empty(t, a.at("updateImportDefinition", "userErrors"))
		require.Nil(t, a.at("updateImportDefinition", "importDefinition", "processorCode"))
		require.Nil(t, a.at("updateImportDefinition", "importDefinition", "current", "processorCode"))

		a = update(object{"expectedVersion": 3, "processorCode": other}) // and now they have
		require.Equal(t, "DEFINITION_INVALID", a.at("updateImportDefinition", "userErrors", 0, "code"))
		require.Equal(t, []any{"input", "outputSchema", "0", "aggregate"}, a.at("updateImportDefinition", "userErrors", 0, "field"))
	})
}

func TestAProcessorThatFailsNamesTheSiteAndThePlace(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		for name, test := range map[string]struct{ body, code, says string }{
			"throws":        {"console.log('at', context.site.key)\nif (context.site.key == 'n') throw new Error('meter ' + rows.length + ' broken')", "SCRIPT_THREW", "meter 3 broken"},
			"never ends":    {"console.log('at', context.site.key)\nwhile (context.site.key == 'n') {}", "SCRIPT_TIMEOUT", "long"},
			"takes memory":  {"console.log('at', context.site.key)\nconst all = []; while (context.site.key == 'n') all.push(new Uint8Array(1 << 20))", "SCRIPT_MEMORY", "MiB"},
			"unknown key":   {"console.log('at', context.site.key)\nif (context.site.key == 'n') return {user: 1}", "SCRIPT_OUTPUT_INVALID", "user"},
			"not a number":  {"console.log('at', context.site.key)\nif (context.site.key == 'n') return {used: {1: 0/0}}", "SCRIPT_OUTPUT_INVALID", "used"},
			"wrong type":    {"console.log('at', context.site.key)\nif (context.site.key == 'n') return {used: {1: '5'}}", "SCRIPT_OUTPUT_INVALID", "used"},
			"no such month": {"console.log('at', context.site.key)\nif (context.site.key == 'n') return {used: {13: 5}}", "SCRIPT_OUTPUT_INVALID", "13"},
		} {
			a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{
				"name": name, "processorCode": "function process(rows, context) {\n" + test.body + "\nreturn {} }",
			})})
			require.Empty(t, a.at("createImportDefinition", "userErrors"))
			id := a.at("createImportDefinition", "importDefinition", "id")
			history := w.upload(w.collector, "meters.csv", meterReadings)
			for _, policy := range []string{"FAIL", "SKIP"} {
				run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id, "onInvalidRow": policy})
				ended := w.finish(w.collector, run)
				require.Equal(t, "FAILED", ended["status"], name)
				require.Equal(t, test.code, ended["errorCode"], "%s: %v", name, ended["error"])
				require.Contains(t, ended["error"], "site 'n'", name)
				require.Contains(t, ended["error"], test.says, name)
				require.EqualValues(t, 0, ended["resultCount"])
				b := w.must(w.collector, `query ($id: ID!) { import(id: $id) { errorParams { name value } results { totalCount }
					log { nodes { message siteKey } } } }`, object{"id": run})
				require.Contains(t, b.at("import", "errorParams"), object{"name": "site", "value": "n"}, name)
				if test.code == "SCRIPT_THREW" {
					require.Contains(t, b.at("import", "errorParams"), object{"name": "line", "value": "3"}, name)
				}
				require.EqualValues(t, 0, b.at("import", "results", "totalCount"))
				require.Contains(t, b.at("import", "log", "nodes"), object{"message": "at South", "siteKey": "South"}, name)
			}
		}
	})
}

// TestALineThatIsCutLeavesNoLineOut shows that the console keeps as many lines as it says, however long one of them is, and
// claims that lines are missing only where they are.
func TestALineThatIsCutLeavesNoLineOut(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		for lines, want := range map[int]string{
			999: "998", 1000: "999",
			1001: "More lines are left out; an import keeps 1000, and those of one site are limited too.",
		} {
			draft := with(meterDefinition, object{"processorCode": fmt.Sprintf(`function process() {
				for (let i = 0; i < %d; i++) console.log(i === 5 ? 'é'.repeat(1001) : i);
				return {};
			}`, lines)})
			a := w.must(w.manager, createDefinition, object{"in": with(draft, object{"name": fmt.Sprint(lines)})})
			require.Empty(t, a.at("createImportDefinition", "userErrors"))
			history := w.upload(w.collector, "meters.csv", "site,date,reading\nn,2024-01-01,10\n")
			run := w.start(w.collector, object{
				"uploadHistoryId": history, "importDefinitionId": a.at("createImportDefinition", "importDefinition", "id"),
			})
			require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
			b := w.must(w.collector, `query ($id: ID!) { import(id: $id) {
				first: log(first: 6) { nodes { message } totalCount } last: log(last: 1) { nodes { message } } } }`, object{"id": run})
			require.EqualValues(t, min(lines, 1000), b.at("import", "first", "totalCount"))
			require.Equal(t, strings.Repeat("é", 999)+"…", b.at("import", "first", "nodes", 5, "message"))
			require.Equal(t, want, b.at("import", "last", "nodes", 0, "message"))
			p := w.must(w.collector, previewDocument, object{"in": object{"uploadHistoryId": history, "draft": draft}})
			require.Len(t, p.at("previewImport", "log"), min(lines, 1000))
			require.Equal(t, want, p.at("previewImport", "log", min(lines, 1000)-1, "message"))
		}
	})
}

// TestARowOfAnEarlierFileIsNamedWithItsImport shows whose row an error of a correction is about: the correction's own file
// may have one of the same number.
func TestARowOfAnEarlierFileIsNamedWithItsImport(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{
			"name": "Meters", "processorCode": `function process(rows) {
				const row = rows.find((row) => row.reading < 0);
				if (row && rows.length === 3) throw Object.assign(new Error("below zero"), { row });
				return {};
			}`,
		})})
		require.Empty(t, a.at("createImportDefinition", "userErrors"))
		id := a.at("createImportDefinition", "importDefinition", "id")
		for name, test := range map[string]struct{ first, corrected, row string }{
			"earlier": {"-5", "3", "row 3: Error: below zero; the row is one of the file of import "},
			"own":     {"5", "-3", "row 1: Error: below zero"},
		} {
			first := w.start(w.collector, object{
				"uploadHistoryId":    w.upload(w.collector, name+".csv", "site,date,reading\nn,2024-01-01,1\nn,never,3\nn,2024-01-03,"+test.first+"\n"),
				"importDefinitionId": id, "onInvalidRow": "SKIP",
			})
			require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, first)["status"])
			correction := w.start(w.collector, object{
				"uploadHistoryId":    w.upload(w.collector, name+"-2.csv", "_row,site,date,reading\n2,n,2024-01-02,"+test.corrected+"\n"),
				"importDefinitionId": id, "correctionOf": first,
			})
			ended := w.finish(w.collector, correction)
			require.Equal(t, "SCRIPT_THREW", ended["errorCode"])
			params := w.must(w.collector, `query ($id: ID!) { import(id: $id) { errorParams { name value } } }`,
				object{"id": correction}).at("import", "errorParams")
			named := object{"name": "importId", "value": first}
			if name == "own" {
				require.Contains(t, params, object{"name": "row", "value": "1"})
				require.NotContains(t, params, named)
				require.True(t, strings.HasSuffix(ended["error"].(string), test.row), ended["error"])
				continue
			}
			require.Contains(t, params, object{"name": "row", "value": "3"})
			require.Contains(t, params, named)
			require.True(t, strings.HasSuffix(ended["error"].(string), test.row+first), ended["error"])
		}
	})
}
