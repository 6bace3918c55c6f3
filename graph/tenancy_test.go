package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/viewer"
)

// TestWhatIsAnothersLooksAsIfItDidNotExist asks for everything of organization a, by every field and argument that takes
// an id, as somebody of organization b, and with ids that exist nowhere: the answers are the same.
func TestWhatIsAnothersLooksAsIfItDidNotExist(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		run := w.imported(1)[0]
		a := w.must(w.collector, `query ($id: ID!) {
		import(id: $id) { importDefinition { id } ranWith { id } uploadHistory { id } user { id } results(first: 1) { nodes { id } } }
		viewer { organization { id } group { id } } }`, object{"id": run})
		site := w.must(w.manager, `mutation { createSite(input: {key: "n", name: "North"}) { site { id } userErrors { code } } }`, nil)
		own := map[string]string{
			"import":     run,
			"definition": a.at("import", "importDefinition", "id").(string),
			"version":    a.at("import", "ranWith", "id").(string),
			"history":    a.at("import", "uploadHistory", "id").(string),
			"user":       a.at("import", "user", "id").(string),
			"result":     a.at("import", "results", "nodes", 0, "id").(string),
			"org":        a.at("viewer", "organization", "id").(string),
			"group":      a.at("viewer", "group", "id").(string),
			"site":       site.at("createSite", "site", "id").(string),
		}
		absent := map[string]string{
			"import": "imp-0", "definition": "impdef-0", "version": "impver-0", "history": "upl-1", "user": "user-0", "result": "impres-0",
			"org": "org-0", "group": "grp-0", "site": "site-0",
		}
		ownDefinition := w.define(w.foreigner, "Mine")
		ownHistory := w.upload(w.foreigner, "mine.csv", meter)

		documents := map[string]func(ids map[string]string) answer{}
		for name, id := range own {
			documents["node "+name] = func(ids map[string]string) answer {
				return w.ask(w.foreigner, `query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }`, object{"id": ids[name]})
			}
			_ = id
		}
		for name, document := range map[string]string{
			"import":     `query ($id: ID!) { import(id: $id) { id } a: imports(filter: {uploadHistoryId: $id}) { totalCount } }`,
			"definition": `query ($id: ID!) { importDefinition(id: $id) { id } a: imports(filter: {importDefinitionId: $id}) { totalCount } b: importResults(filter: {importDefinitionId: $id}) { totalCount } }`,
			"history":    `query ($id: ID!) { uploadHistory(id: $id) { id } a: imports(filter: {uploadHistoryId: $id}) { totalCount } }`,
			"user":       `query ($id: ID!) { a: imports(filter: {userId: $id}) { totalCount } b: uploadHistories(filter: {userId: $id}) { totalCount } }`,
			"result":     `query ($id: ID!) { a: importResults(filter: {importId: $id}) { totalCount } }`,
			"site":       `query ($id: ID!) { site(id: $id) { id } a: importResults(filter: {siteId: $id}) { totalCount } }`,
		} {
			documents["query "+name] = func(ids map[string]string) answer { return w.ask(w.foreigner, document, object{"id": ids[name]}) }
		}
		type pair struct {
			document string
			input    func(ids map[string]string) object
		}
		const problem = `userErrors { code field message params { name value } } } }`
		for name, m := range map[string]pair{
			"start history": {`mutation ($in: StartImportInput!) { startImport(input: $in) { import { id } ` + problem, func(ids map[string]string) object {
				return object{"uploadHistoryId": ids["history"], "importDefinitionId": ownDefinition}
			}},
			"start definition": {`mutation ($in: StartImportInput!) { startImport(input: $in) { import { id } ` + problem, func(ids map[string]string) object {
				return object{"uploadHistoryId": ownHistory, "importDefinitionId": ids["definition"]}
			}},
			"cancel": {`mutation ($in: CancelImportInput!) { cancelImport(input: $in) { import { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["import"]}
			}},
			"retry": {`mutation ($in: RetryImportInput!) { retryImport(input: $in) { import { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["import"]}
			}},
			"revalidate history": {`mutation ($in: RevalidateUploadHistoryInput!) { revalidateUploadHistory(input: $in) { uploadHistory { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["history"], "format": object{"headerRow": 2}}
			}},
			"delete history": {`mutation ($in: DeleteUploadHistoryInput!) { deleteUploadHistory(input: $in) { uploadHistory { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["history"]}
			}},
			"update definition": {`mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) { importDefinition { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["definition"], "expectedVersion": 1, "name": "x"}
			}},
			"archive definition": {`mutation ($in: ArchiveImportDefinitionInput!) { archiveImportDefinition(input: $in) { importDefinition { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["definition"]}
			}},
			"update site": {`mutation ($in: UpdateSiteInput!) { updateSite(input: $in) { site { id } ` + problem, func(ids map[string]string) object {
				return object{"id": ids["site"], "name": "x"}
			}},
		} {
			documents["mutation "+name] = func(ids map[string]string) answer {
				return w.ask(w.foreigner, m.document, object{"in": m.input(ids)})
			}
		}
		documents["subscription import"] = func(ids map[string]string) answer {
			return receive(t, w.subscribe(w.foreigner, `subscription ($id: ID) { importStatusChanged(importId: $id) { id } }`, object{"id": ids["import"]}))
		}
		documents["subscription history"] = func(ids map[string]string) answer {
			return receive(t, w.subscribe(w.foreigner, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { id } }`, object{"id": ids["history"]}))
		}
		for name, ask := range documents {
			require.Equal(t, ask(absent), ask(own), name)
		}
		require.Equal(t, "NOT_FOUND", documents["mutation cancel"](own).at("cancelImport", "userErrors", 0, "code"))
		require.Equal(t, "NOT_FOUND", documents["subscription import"](own).code())
		require.Equal(t, "NOT_FOUND", documents["mutation revalidate history"](own).at("revalidateUploadHistory", "userErrors", 0, "code"))
		require.Equal(t, "NOT_FOUND", documents["mutation delete history"](own).at("deleteUploadHistory", "userErrors", 0, "code"))
		// And to its owner nothing has happened.
		a = w.must(w.reader, `query ($id: ID!) { import(id: $id) { status uploadHistory { status deletedAt original { url } } } }`, object{"id": run})
		require.Equal(t, "COMPLETED", a.at("import", "status"))
		require.Equal(t, "SUCCESS", a.at("import", "uploadHistory", "status"))
		require.Nil(t, a.at("import", "uploadHistory", "deletedAt"))
		require.NotNil(t, a.at("import", "uploadHistory", "original", "url"))
	})
}

func TestAFileIsSeenByItsGroupOnlyAndTheImportByAll(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		definition := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "secret name.csv", meter+"East,never,1\n")
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": definition, "onInvalidRow": "SKIP"})
		require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, run)["status"])

		document := `query ($id: ID!, $h: ID!) {
		import(id: $id) { status acceptedRowCount rejectedRowCount uploadHistory { id } fileName fileSize sha256 rejectedRows { url }
			rowErrors { nodes { row line column code value message } } errorGroups { code column count rowRanges { first last } sample { row value } } }
		byHistory: imports(filter: {uploadHistoryId: $h}) { totalCount }
		byName: imports(filter: {fileNameContains: "secret"}) { totalCount }
		uploadHistory(id: $h) { id } node(id: $h) { id } uploadHistories { totalCount } }`
		mine := w.must(w.collector, document, object{"id": run, "h": history})
		require.Equal(t, "secret name.csv", mine.at("import", "fileName"))
		require.Equal(t, "never", mine.at("import", "rowErrors", "nodes", 0, "value"))
		require.Equal(t, "never", mine.at("import", "errorGroups", 0, "sample", "value"))
		require.NotNil(t, mine.at("import", "rejectedRows", "url"))
		require.EqualValues(t, 1, mine.at("byHistory", "totalCount"))
		require.EqualValues(t, 1, mine.at("byName", "totalCount"))

		for name, v := range map[string]viewer.Viewer{"another group": w.otherGroup, "no group": w.noGroup} {
			theirs := w.must(v, document, object{"id": run, "h": history})
			require.Equal(t, "PARTIALLY_COMPLETED", theirs.at("import", "status"), name)
			require.EqualValues(t, 1, theirs.at("import", "rejectedRowCount"), name)
			for _, hidden := range []string{"uploadHistory", "fileName", "fileSize", "sha256", "rejectedRows"} {
				require.Nil(t, theirs.at("import", hidden), name+" "+hidden)
			}
			require.Nil(t, theirs.at("import", "rowErrors", "nodes", 0, "value"), name)
			require.Nil(t, theirs.at("import", "errorGroups", 0, "sample", "value"), name)
			require.Equal(t, "DATE_INVALID", theirs.at("import", "rowErrors", "nodes", 0, "code"), name)
			require.NotContains(t, theirs.at("import", "rowErrors", "nodes", 0, "message"), "never", name)
			require.EqualValues(t, 0, theirs.at("byHistory", "totalCount"), name)
			require.EqualValues(t, 0, theirs.at("byName", "totalCount"), name)
			require.Nil(t, theirs.at("uploadHistory"), name)
			require.Nil(t, theirs.at("node"), name)
			require.EqualValues(t, 0, theirs.at("uploadHistories", "totalCount"), name)
		}
		refused := w.must(w.otherGroup, `mutation ($in: StartImportInput!) { startImport(input: $in) { import { id } userErrors { code } } }`,
			object{"in": object{"uploadHistoryId": history, "importDefinitionId": definition}})
		require.Equal(t, "NOT_FOUND", refused.at("startImport", "userErrors", 0, "code"))
		refused = w.must(w.otherGroup, `mutation ($id: ID!) { retryImport(input: {id: $id}) { import { id } userErrors { code } } }`, object{"id": run})
		require.Equal(t, "NOT_FOUND", refused.at("retryImport", "userErrors", 0, "code"))
	})
}

func TestRolesAndGroupsAreEnforced(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		definition := w.define(w.manager, "Energy")
		const problem = `userErrors { code message } }`
		mutations := map[string]struct {
			document string
			least    viewer.Role
			group    bool
		}{
			"createUpload":            {`createUpload(input: {fileName: "a.csv", size: 3}) { url ` + problem, viewer.RoleCollector, true},
			"storeUploadHistory":      {`storeUploadHistory(input: {fileName: "a.csv", gcsPath: "gs://local/x"}) { uploadHistory { id } ` + problem, viewer.RoleCollector, true},
			"revalidateUploadHistory": {`revalidateUploadHistory(input: {id: "upl-1"}) { uploadHistory { id } ` + problem, viewer.RoleCollector, true},
			"deleteUploadHistory":     {`deleteUploadHistory(input: {id: "upl-1"}) { uploadHistory { id } ` + problem, viewer.RoleCollector, true},
			"startImport":             {`startImport(input: {uploadHistoryId: "upl-1", importDefinitionId: "` + definition + `"}) { import { id } ` + problem, viewer.RoleCollector, true},
			"cancelImport":            {`cancelImport(input: {id: "imp-0"}) { import { id } ` + problem, viewer.RoleCollector, false},
			"retryImport":             {`retryImport(input: {id: "imp-0"}) { import { id } ` + problem, viewer.RoleCollector, true},
			"createImportDefinition":  {`createImportDefinition(input: {name: "D", inputSchema: [], outputSchema: []}) { importDefinition { id } ` + problem, viewer.RoleManager, false},
			"updateImportDefinition":  {`updateImportDefinition(input: {id: "impdef-0", expectedVersion: 1}) { importDefinition { id } ` + problem, viewer.RoleManager, false},
			"archiveImportDefinition": {`archiveImportDefinition(input: {id: "impdef-0"}) { importDefinition { id } ` + problem, viewer.RoleManager, false},
			"createSite":              {`createSite(input: {key: " ", name: "x"}) { site { id } ` + problem, viewer.RoleManager, false},
			"updateSite":              {`updateSite(input: {id: "site-0"}) { site { id } ` + problem, viewer.RoleManager, false},
		}
		for name, m := range mutations {
			for _, v := range []viewer.Viewer{w.reader, w.collector, w.manager, w.owner} {
				code := w.must(v, "mutation { "+m.document+" }", nil).at(name, "userErrors", 0, "code")
				if v.Role.Includes(m.least) {
					require.NotEqual(t, "FORBIDDEN", code, "%s as %s", name, v.Role)
				} else {
					require.Equal(t, "FORBIDDEN", code, "%s as %s", name, v.Role)
				}
			}
			code := w.must(w.noGroup, "mutation { "+m.document+" }", nil).at(name, "userErrors", 0, "code")
			if m.group {
				require.Equal(t, "GROUP_REQUIRED", code, name)
			} else {
				require.NotEqual(t, "GROUP_REQUIRED", code, name)
			}
		}
	})
}

func TestNobodyGetsIn(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		response, err := w.server.Client().Get(w.server.URL + "/graphql?query={viewer{role}}")
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, 401, response.StatusCode)
	})
}
