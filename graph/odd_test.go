package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIDsAndTextsThatNothingCanHaveFindNothing asks with what the databases themselves refuse: a NUL, bytes that are no
// UTF-8, and a pattern that is too long.
func TestIDsAndTextsThatNothingCanHaveFindNothing(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		of := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "meter.csv", meter)
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": of})
		const byID = `query ($id: ID!, $history: ID!) {
			node(id: $id) { id } nodes(ids: [$id]) { id } import(id: $id) { id } importDefinition(id: $id) { id } site(id: $id) { id }
			imports(filter: {importDefinitionId: $id}) { totalCount } ofUser: imports(filter: {userId: $id}) { totalCount }
			uploadHistories(filter: {userId: $id}) { totalCount } matchImportDefinitions(uploadHistoryId: $id) { score }
			importResults(filter: {importId: $id, siteId: $id, importDefinitionId: $id}) { totalCount }
			previewImport(input: {uploadHistoryId: $history, importDefinitionId: $id}) { userErrors { code } } }`
		for _, id := range []string{
			"\x00", run + "\x00", of + "\x00", "site-\x00", "user-\x00", "grp-\x00", "org-\x00", "impver-\x00", "impres-\x00", "\x00" + run,
		} {
			require.Equal(t, object{
				"node": nil, "nodes": []any{nil}, "import": nil, "importDefinition": nil, "site": nil,
				"imports": object{"totalCount": 0.0}, "ofUser": object{"totalCount": 0.0}, "uploadHistories": object{"totalCount": 0.0},
				"matchImportDefinitions": []any{}, "importResults": object{"totalCount": 0.0},
				"previewImport": object{"userErrors": []any{object{"code": "NOT_FOUND"}}},
			}, w.must(w.collector, byID, object{"id": id, "history": history}).Data, "%q", id)
			a := w.must(w.manager, `mutation ($id: ID!, $history: ID!) {
				startImport(input: {uploadHistoryId: $history, importDefinitionId: $id}) { userErrors { code } }
				cancelImport(input: {id: $id}) { userErrors { code } } retryImport(input: {id: $id}) { userErrors { code } }
				updateSite(input: {id: $id, name: "x"}) { userErrors { code } }
				updateImportDefinition(input: {id: $id, expectedVersion: 1}) { userErrors { code } }
				archiveImportDefinition(input: {id: $id}) { userErrors { code } } }`, object{"id": id, "history": history})
			for name := range a.Data {
				require.Equal(t, "NOT_FOUND", a.at(name, "userErrors", 0, "code"), "%s %q", name, id)
			}
		}
		const byText = `query ($text: String!) {
			imports(filter: {fileNameContains: $text}) { totalCount } uploadHistories(filter: {fileNameContains: $text}) { totalCount }
			importDefinitions(filter: {nameContains: $text}) { totalCount } sites(filter: {nameContains: $text}) { totalCount }
			importResults(filter: {siteKey: $text}) { totalCount }
			import(id: "` + "%s" + `") { rowErrors(filter: {column: $text}) { totalCount } results(filter: {siteKey: $text}) { totalCount } } }`
		none := object{"totalCount": 0.0}
		for _, text := range []string{"\x00", "meter\x00", strings.Repeat("x", 60_000), strings.Repeat("ş", 256)} {
			require.Equal(t, object{
				"imports": none, "uploadHistories": none, "importDefinitions": none, "sites": none, "importResults": none,
				"import": object{"rowErrors": none, "results": none},
			}, w.must(w.reader, fmt.Sprintf(byText, run), object{"text": text}).Data, "%.20q", text)
		}
		for _, document := range []string{"{ import(id: \"imp-\xff\") { id } }", "{ imports(filter: {fileNameContains: \"\xff\"}) { nodes { id } } }"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/graphql?query="+url.QueryEscape(document), nil)
			require.NoError(t, err)
			r.Header.Set("Test-Viewer", encode(w.reader))
			response, err := w.server.Client().Do(r)
			require.NoError(t, err)
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NotContains(t, string(text), "errors", document)
		}
		require.Empty(t, w.log.String())
	})
}
