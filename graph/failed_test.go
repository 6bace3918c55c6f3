package graph_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// What code throws or returns may be made of cells: only the group of the file reads it.
func TestWhatAProcessorSaysFollowsTheFilesGroup(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		history := w.upload(w.collector, "meters.csv", "site,date,reading\nn,2024-01-01,271828\n")
		for name, test := range map[string]struct {
			body, code, others string
			params             []any
		}{
			"throws": {
				"throw new Error('is ' + rows[0].reading)", "SCRIPT_THREW",
				"site 'n': the processor failed at line 2, column 16; what it said is for the group of the file",
				[]any{
					object{"name": "site", "value": "n"}, object{"name": "line", "value": "2"}, object{"name": "column", "value": "16"},
				},
			},
			"returns": {
				"return {['is' + rows[0].reading]: 1}", "SCRIPT_OUTPUT_INVALID",
				"site 'n': the processor failed; what it said is for the group of the file",
				[]any{object{"name": "site", "value": "n"}},
			},
			"never ends": {"while (true) {}", "SCRIPT_TIMEOUT", "", nil},
		} {
			a := w.must(w.manager, createDefinition, object{"in": with(meterDefinition, object{
				"name": name, "processorCode": "function process(rows, context) {\n" + test.body + "\n}",
			})})
			require.Empty(t, a.at("createImportDefinition", "userErrors"))
			id := a.at("createImportDefinition", "importDefinition", "id")
			run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id})
			ended := w.finish(w.collector, run)
			require.Equal(t, test.code, ended["errorCode"])
			document := `query ($id: ID!) { import(id: $id) { error errorCode errorParams { name value } } }`
			own := w.must(w.manager, document, object{"id": run})
			require.Equal(t, ended["error"], own.at("import", "error"), "another person of the group")
			theirs := w.must(w.otherGroup, document, object{"id": run})
			if test.others == "" { // nothing of the file is in it
				require.Equal(t, own, theirs, name)
				continue
			}
			require.Contains(t, own.at("import", "error"), "271828", name)
			require.Equal(t, object{"error": test.others, "errorCode": test.code, "errorParams": test.params}, theirs.at("import"), name)
			require.Equal(t, theirs, w.must(w.noGroup, document, object{"id": run}), name)
			live := receive(t, w.subscribe(w.otherGroup, `subscription ($id: ID) { importStatusChanged(importId: $id) {
				error errorParams { value } } }`, object{"id": run}))
			text, err := json.Marshal(live)
			require.NoError(t, err)
			require.NotContains(t, string(text), "271828", name)
			require.Equal(t, test.others, live.at("importStatusChanged", "error"), name)
		}
	})
}
