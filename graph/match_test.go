package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const matchDocument = `query ($id: ID, $columns: [String!], $first: Int) {
	matchImportDefinitions(uploadHistoryId: $id, columns: $columns, first: $first) {
		definition { id name version current { number } } score isValid columnMapping { column header score reason }
		missingRequired missingOptional unmatchedHeaders } }`

func TestDefinitionsAreRankedForAFileAndAMappingUsedBeforeComesFirst(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		energy, other := w.define(w.manager, "Energy"), w.define(w.manager, "Energy again")
		w.must(w.manager, `mutation { createImportDefinition(input: {
			name: "Water", inputSchema: [{name: "meter", type: STRING, required: true}, {name: "litres", type: NUMBER}],
			outputSchema: [{key: "l", aggregate: SUM, column: "litres"}]}) { userErrors { code } } }`, nil)
		archived := w.define(w.manager, "Energy of old")
		w.must(w.manager, `mutation ($id: ID!) { archiveImportDefinition(input: {id: $id}) { userErrors { code } } }`, object{"id": archived})
		foreign := w.define(w.foreigner, "Energy of others")

		file := "Site,DATE,note,consumed\nNorth,2024-01-05,a,1.5\nSouth,2024-02-05,b,2\n"
		history := w.upload(w.collector, "meter.csv", file)
		w.checked(history)
		a := w.must(w.collector, matchDocument, object{"id": history})
		require.Equal(t, energy, a.at("matchImportDefinitions", 0, "definition", "id"))
		require.Equal(t, other, a.at("matchImportDefinitions", 1, "definition", "id"))
		for _, m := range a.at("matchImportDefinitions").([]any) {
			require.NotContains(t, []any{archived, foreign}, m.(object)["definition"].(object)["id"])
			require.Less(t, m.(object)["score"], 1.0)
		}
		require.Equal(t, true, a.at("matchImportDefinitions", 0, "isValid"))

		// What is valid is given to startImport as it is, and then it is what was used before.
		given := []object{{"column": "kwh", "header": "consumed"}}
		for _, m := range a.at("matchImportDefinitions", 1, "columnMapping").([]any) {
			if column := m.(object)["column"]; column != "kwh" {
				given = append(given, object{"column": column, "header": m.(object)["header"]})
			}
		}
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": other, "columnMapping": given})
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
		again := w.upload(w.collector, "later.csv", "consumed,DATE,Site,note\n3,2024-03-05,North,c\n")
		w.checked(again)
		sent := w.statements.during(func() { a = w.must(w.collector, matchDocument, object{"id": again}) })
		require.LessOrEqual(t, len(sent), 8)
		require.Equal(t, other, a.at("matchImportDefinitions", 0, "definition", "id"))
		require.InDelta(t, 1, a.at("matchImportDefinitions", 0, "score"), 0)
		require.Equal(t, []any{"note"}, a.at("matchImportDefinitions", 0, "unmatchedHeaders"))
		var mapping []object
		for _, m := range a.at("matchImportDefinitions", 0, "columnMapping").([]any) {
			require.Equal(t, "mapped so before", m.(object)["reason"])
			mapping = append(mapping, object{"column": m.(object)["column"], "header": m.(object)["header"]})
		}
		run = w.start(w.collector, object{"uploadHistoryId": again, "importDefinitionId": other, "columnMapping": mapping})
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])

		// Other headers, or another group: nothing was used.
		a = w.must(w.collector, matchDocument, object{"columns": []string{"Site", "DATE", "consumed"}})
		require.Less(t, a.at("matchImportDefinitions", 0, "score"), 1.0)
		a = w.must(w.otherGroup, matchDocument, object{"columns": []string{"Site", "DATE", "note", "consumed"}})
		require.Less(t, a.at("matchImportDefinitions", 0, "score"), 1.0)
		a = w.must(w.reader, matchDocument, object{"columns": []string{"Site", "DATE", "note", "consumed"}, "first": 1})
		require.Len(t, a.at("matchImportDefinitions"), 1)
		require.InDelta(t, 1, a.at("matchImportDefinitions", 0, "score"), 0)

		for _, who := range []any{w.otherGroup, w.foreigner, w.noGroup} {
			require.Contains(t, w.raw(who, matchDocument, object{"id": history}), `"matchImportDefinitions":[]`)
		}
	})
}

func TestWhatIsAskedOfAMatchIsChecked(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		w.define(w.manager, "Energy")
		many := make([]string, 1001)
		for i := range many {
			many[i] = fmt.Sprint("c", i)
		}
		for name, variables := range map[string]object{
			"neither":       {},
			"both":          {"id": "upl-1", "columns": []string{"a"}},
			"none wanted":   {"columns": []string{"a"}, "first": 0},
			"too many":      {"columns": []string{"a"}, "first": 101},
			"many headers":  {"columns": many},
			"null and null": {"id": nil, "columns": nil},
		} {
			require.Equal(t, "BAD_USER_INPUT", w.ask(w.reader, matchDocument, variables).code(), name)
		}
		for _, variables := range []object{{"id": "upl-1"}, {"id": "imp-1"}, {"columns": []string{}}, {"columns": []string{"", "?"}}} {
			require.Empty(t, w.must(w.reader, matchDocument, variables).at("matchImportDefinitions"))
		}
		// Not checked yet: there are no columns to compare.
		history := w.upload(w.collector, "meter.csv", meter)
		require.Empty(t, w.must(w.collector, matchDocument, object{"id": history}).at("matchImportDefinitions"))
		// Two headers that serve equally well are told as missing.
		a := w.must(w.reader, matchDocument, object{"columns": []string{"site", "SITE ", "Site", "date", "kwh"}})
		require.Equal(t, true, a.at("matchImportDefinitions", 0, "isValid"))
		a = w.must(w.reader, matchDocument, object{"columns": []string{"SITE", "Site", "date", "kwh"}})
		require.Equal(t, false, a.at("matchImportDefinitions", 0, "isValid"))
		require.Equal(t, []any{"site"}, a.at("matchImportDefinitions", 0, "missingRequired"))
	})
}

// TestAMatchTakesTheSameNumberOfStatementsHoweverManyDefinitionsThereAre also follows their current versions.
func TestAMatchTakesTheSameNumberOfStatementsHoweverManyDefinitionsThereAre(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		columns := object{"columns": []string{"site", "date", "kwh"}, "first": 50}
		counts := map[int]int{}
		for _, n := range []int{1, 20} {
			for i := range n {
				w.define(w.manager, fmt.Sprintf("Energy %d of %d", i, n))
			}
			counts[n] = len(w.statements.during(func() {
				a := w.must(w.reader, matchDocument, columns)
				require.NotEmpty(t, a.at("matchImportDefinitions"))
			}))
		}
		require.Equal(t, counts[1], counts[20])
		require.LessOrEqual(t, counts[1], 8)
	})
}

// checked waits for the end of an upload's check.
func (w *world) checked(history string) {
	w.t.Helper()
	events := w.subscribe(w.collector, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { status } }`,
		object{"id": history})
	var last any
	for e := range events {
		require.Empty(w.t, e.Errors)
		last = e.at("uploadHistoryStatusChanged", "status")
	}
	require.Equal(w.t, "SUCCESS", last)
}
