package graph_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/viewer"
)

const create = `mutation ($in: CreateImportDefinitionInput!) { createImportDefinition(input: $in) {
	importDefinition { id name description version organization { slug } onInvalidRow onUnknownSite archivedAt
		inputSchema { name type required role aliases format description }
		outputSchema { key label type periodUnit unit aggregate column formElementId }
		format { kind encoding delimiter quote sheet headerRow locale decimalSeparator thousandsSeparator dateFormats timeZone }
		current { number createdBy { name } } versions { totalCount } }
	userErrors { code field message } } }`

func valid() object {
	return object{
		"name": "  Energy ",
		"inputSchema": []any{
			object{"name": "site", "type": "STRING", "role": "SITE_IDENTIFIER", "aliases": []any{"tesis"}},
			object{"name": "kwh", "type": "NUMBER", "required": true},
		},
		"outputSchema": []any{object{"key": "kwh", "aggregate": "SUM", "column": "kwh", "unit": "kWh"}},
	}
}

func TestADefinitionIsStoredAsGiven(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		a := w.must(w.manager, create, object{"in": valid()})
		d := a.at("createImportDefinition", "importDefinition").(object)
		require.True(t, strings.HasPrefix(d["id"].(string), "impdef-"))
		delete(d, "id")
		require.Equal(t, object{
			"name": "Energy", "description": nil, "version": 1.0, "organization": object{"slug": "a"}, "onInvalidRow": "FAIL",
			"onUnknownSite": "ACCEPT", "archivedAt": nil,
			"inputSchema": []any{
				object{"name": "site", "type": "STRING", "required": false, "role": "SITE_IDENTIFIER", "aliases": []any{"tesis"}, "format": nil, "description": nil},
				object{"name": "kwh", "type": "NUMBER", "required": true, "role": nil, "aliases": []any{}, "format": nil, "description": nil},
			},
			"outputSchema": []any{object{
				"key": "kwh", "label": "kwh", "type": "NUMBER", "periodUnit": "YEARLY", "unit": "kWh", "aggregate": "SUM", "column": "kwh", "formElementId": nil,
			}},
			"format": object{
				"kind": nil, "encoding": nil, "delimiter": nil, "quote": nil, "sheet": nil, "headerRow": nil, "locale": nil,
				"decimalSeparator": nil, "thousandsSeparator": nil, "dateFormats": []any{}, "timeZone": "UTC",
			},
			"current": object{"number": 1.0, "createdBy": object{"name": "manager"}}, "versions": object{"totalCount": 1.0},
		}, d)
	})
}

func TestEachFaultOfADefinitionIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(in object)
			field  string
			code   string
		}{
			"unknown column":    {func(in object) { in["outputSchema"].([]any)[0].(object)["column"] = "kw" }, "input outputSchema 0 column", "DEFINITION_INVALID"},
			"sum of text":       {func(in object) { in["outputSchema"].([]any)[0].(object)["column"] = "site" }, "input outputSchema 0", "DEFINITION_INVALID"},
			"no columns":        {func(in object) { in["inputSchema"] = []any{} }, "input inputSchema", "DEFINITION_INVALID"},
			"no outputs":        {func(in object) { in["outputSchema"] = []any{} }, "input outputSchema", "DEFINITION_INVALID"},
			"monthly no period": {func(in object) { in["outputSchema"].([]any)[0].(object)["periodUnit"] = "MONTHLY" }, "input outputSchema 0 periodUnit", "DEFINITION_INVALID"},
			"twice":             {func(in object) { in["inputSchema"].([]any)[0].(object)["name"] = "KWH" }, "input inputSchema 1 name", "DEFINITION_INVALID"},
			"time zone":         {func(in object) { in["format"] = object{"timeZone": "Mars/Olympus"} }, "input format timeZone", "DEFINITION_INVALID"},
			"encoding":          {func(in object) { in["format"] = object{"encoding": "EBCDIC"} }, "input format encoding", "DEFINITION_INVALID"},
			"blank name":        {func(in object) { in["name"] = " \t" }, "input name", "INVALID_INPUT"},
			"long name":         {func(in object) { in["name"] = strings.Repeat("ü", 256) }, "input name", "INVALID_INPUT"},
			"hidden character":  {func(in object) { in["name"] = "a\u202eb" }, "input name", "INVALID_INPUT"},
			"system-wide":       {func(in object) { in["systemWide"] = true }, "input systemWide", "FORBIDDEN"},
		} {
			in := valid()
			c.change(in)
			a := w.must(w.manager, create, object{"in": in})
			require.Nil(t, a.at("createImportDefinition", "importDefinition"), name)
			require.Equal(t, c.code, a.at("createImportDefinition", "userErrors", 0, "code"), name)
			var path []string
			for _, step := range a.at("createImportDefinition", "userErrors", 0, "field").([]any) {
				path = append(path, step.(string))
			}
			require.True(t, strings.HasPrefix(strings.Join(path, " "), c.field), "%s: %v", name, path)
		}
		require.EqualValues(t, 0, w.must(w.reader, `{ importDefinitions(filter: {archived: null}) { totalCount } }`, nil).at("importDefinitions", "totalCount"))
	})
}

func TestADefinitionChangesByVersions(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.must(w.manager, create, object{"in": valid()}).at("createImportDefinition", "importDefinition", "id")
		other := valid()
		other["name"] = "Other"
		w.must(w.manager, create, object{"in": other})
		update := func(in object) (object, any) {
			in["id"] = id
			a := w.must(w.manager, `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) {
			importDefinition { name description version onInvalidRow current { number onInvalidRow } versions { nodes { number onInvalidRow } } }
			userErrors { code field } } }`, object{"in": in})
			d, _ := a.at("updateImportDefinition", "importDefinition").(object)
			return d, a.at("updateImportDefinition", "userErrors", 0, "code")
		}
		d, code := update(object{"expectedVersion": 1, "description": "Meters", "onInvalidRow": "SKIP"})
		require.Nil(t, code)
		require.Equal(t, object{
			"name": "Energy", "description": "Meters", "version": 2.0, "onInvalidRow": "SKIP", "current": object{"number": 2.0, "onInvalidRow": "SKIP"},
			"versions": object{"nodes": []any{object{"number": 2.0, "onInvalidRow": "SKIP"}, object{"number": 1.0, "onInvalidRow": "FAIL"}}},
		}, d)
		d, code = update(object{"expectedVersion": 2, "description": nil, "name": "Energie"})
		require.Nil(t, code)
		require.Equal(t, []any{"Energie", nil, 2.0}, []any{d["name"], d["description"], d["version"]}, "name and description change in place")
		d, _ = update(object{"expectedVersion": 2, "onInvalidRow": "SKIP"})
		require.EqualValues(t, 2, d["version"], "what does not differ makes no version")
		_, code = update(object{"expectedVersion": 1, "name": "X"})
		require.Equal(t, "CONFLICT", code)
		_, code = update(object{"expectedVersion": 2, "name": "OTHER"})
		require.Equal(t, "NAME_TAKEN", code)
		_, code = update(object{"expectedVersion": 2, "name": nil})
		require.Equal(t, "INVALID_INPUT", code)
		_, code = update(object{"expectedVersion": 2, "outputSchema": nil})
		require.Equal(t, "DEFINITION_INVALID", code)

		archive := `mutation ($id: ID!) { archiveImportDefinition(input: {id: $id}) { importDefinition { archivedAt } userErrors { code } } }`
		first := w.must(w.manager, archive, object{"id": id}).at("archiveImportDefinition", "importDefinition", "archivedAt")
		require.NotNil(t, first)
		require.Equal(t, first, w.must(w.manager, archive, object{"id": id}).at("archiveImportDefinition", "importDefinition", "archivedAt"))
		_, code = update(object{"expectedVersion": 2, "name": "X"})
		require.Equal(t, "DEFINITION_ARCHIVED", code)
		again := valid()
		again["name"] = "Energie"
		require.NotNil(t, w.must(w.manager, create, object{"in": again}).at("createImportDefinition", "importDefinition"), "an archived name is free")
		count := func(filter object) any {
			return w.must(w.reader, `query ($f: ImportDefinitionFilter) { importDefinitions(filter: $f) { totalCount } }`, object{"f": filter}).at("importDefinitions", "totalCount")
		}
		require.EqualValues(t, 2, count(nil))
		require.EqualValues(t, 2, count(object{}))
		require.EqualValues(t, 1, count(object{"archived": true}))
		require.EqualValues(t, 3, count(object{"archived": nil}))
		require.EqualValues(t, 1, count(object{"nameContains": "energ"}))
		require.EqualValues(t, 0, count(object{"systemWide": true}))
	})
}

func TestOfTwentyEqualDefinitionsAtOnceOneIsMade(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		codes := make([]any, 20)
		for i := range codes {
			wg.Go(func() {
				codes[i] = w.must(w.manager, create, object{"in": valid()}).at("createImportDefinition", "userErrors", 0, "code")
			})
		}
		wg.Wait()
		made := 0
		for _, code := range codes {
			if code == nil {
				made++
			} else {
				require.Equal(t, "NAME_TAKEN", code)
			}
		}
		require.Equal(t, 1, made)
	})
}

func TestSitesAreKnownByTheirSpellings(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		site := func(document string, in object) (object, []any) {
			a := w.must(w.manager, `mutation ($in: `+strings.ToUpper(document[:1])+document[1:]+`Input!) { `+document+`(input: $in) {
			site { id key name aliases } userErrors { code field } } }`, object{"in": in})
			s, _ := a.at(document, "site").(object)
			errors, _ := a.at(document, "userErrors").([]any)
			return s, errors
		}
		north, _ := site("createSite", object{"key": "N", "name": " Kuzey Tesisi", "aliases": []any{"North", "NORTH "}})
		require.Equal(t, "Kuzey Tesisi", north["name"])
		_, errors := site("createSite", object{"key": "S", "name": "Güney", "aliases": []any{"north", "Sud"}})
		require.Equal(t, []any{object{"code": "NAME_TAKEN", "field": []any{"input", "aliases", "0"}}}, errors)
		south, errors := site("createSite", object{"key": "S", "name": "Güney", "aliases": []any{"South"}})
		require.Empty(t, errors)
		_, errors = site("updateSite", object{"id": south["id"], "key": "n"})
		require.Equal(t, "NAME_TAKEN", errors[0].(object)["code"])
		south, errors = site("updateSite", object{"id": south["id"], "aliases": nil, "name": "GUNEY"})
		require.Empty(t, errors)
		require.Equal(t, []any{}, south["aliases"])

		run := w.start(w.collector, object{
			"uploadHistoryId":    w.upload(w.collector, "m.csv", "site,date,kwh\nnorth,2024-01-01,1\nKUZEY  tesisi,2024-01-02,2\nguney,2024-01-03,4\nWest,2024-01-03,8\n"),
			"importDefinitionId": w.define(w.manager, "Energy"),
		})
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
		a := w.must(w.reader, `query ($id: ID!, $site: ID!) { import(id: $id) { results { nodes { siteKey site { name } processedData } } }
		importResults(filter: {siteId: $site}) { totalCount }
		sites(filter: {nameContains: "kuzey"}) { nodes { key } } }`, object{"id": run, "site": north["id"]})
		require.Equal(t, []any{
			object{"siteKey": "N", "site": object{"name": "Kuzey Tesisi"}, "processedData": object{"kwh": 3.0}},
			object{"siteKey": "S", "site": object{"name": "GUNEY"}, "processedData": object{"kwh": 4.0}},
			object{"siteKey": "West", "site": nil, "processedData": object{"kwh": 8.0}},
		}, a.at("import", "results", "nodes"))
		require.EqualValues(t, 1, a.at("importResults", "totalCount"))
		require.Equal(t, "N", a.at("sites", "nodes", 0, "key"))
	})
}

// TestADefinitionWrittenBackAsItWasReadMakesNoVersion is what an editor does that changes the name alone.
func TestADefinitionWrittenBackAsItWasReadMakesNoVersion(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		for name, format := range map[string]any{"one": nil, "two": object{"locale": "tr", "dateFormats": []any{"DD.MM.YYYY"}, "timeZone": "UTC"}} {
			in := valid()
			in["name"], in["format"] = name, format
			id := w.must(w.manager, create, object{"in": in}).at("createImportDefinition", "importDefinition", "id")
			read := w.must(w.manager, `query ($id: ID!) { importDefinition(id: $id) {
				inputSchema { name type required role aliases format description }
				outputSchema { key label type periodUnit unit aggregate column formElementId } processorCode onInvalidRow onUnknownSite
				format { kind encoding delimiter quote escape sheet headerRow locale decimalSeparator thousandsSeparator dateFormats timeZone }
				} }`, object{"id": id})
			back := read.at("importDefinition").(object)
			back["id"], back["expectedVersion"], back["name"] = id, 1, name+" more"
			const update = `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) {
				importDefinition { name version versions { totalCount } } userErrors { code } } }`
			a := w.must(w.manager, update, object{"in": back})
			require.Equal(t, object{"name": name + " more", "version": 1.0, "versions": object{"totalCount": 1.0}},
				a.at("updateImportDefinition", "importDefinition"))
			back["format"].(object)["timeZone"] = "Europe/Istanbul"
			a = w.must(w.manager, update, object{"in": back})
			require.EqualValues(t, 2, a.at("updateImportDefinition", "importDefinition", "version"))
		}
	})
}

// TestANameThatComparesLikeNothingIsRefused gives names of which nothing, or too much, is left in the form that names are
// compared in.
func TestANameThatComparesLikeNothingIsRefused(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		in := valid()
		id := w.must(w.manager, create, object{"in": in}).at("createImportDefinition", "importDefinition", "id")
		site := w.must(w.manager, `mutation { createSite(input: {key: "k", name: "K"}) { site { id } } }`, nil).at("createSite", "site", "id")
		for _, name := range []string{"\u200b", "´", "\u0301", " \u2060¨ ", strings.Repeat("\ufdfa", 255)} {
			in["name"] = name
			a := w.must(w.manager, create, object{"in": in})
			require.Equal(t, []any{"INVALID_INPUT", []any{"input", "name"}, nil}, []any{
				a.at("createImportDefinition", "userErrors", 0, "code"), a.at("createImportDefinition", "userErrors", 0, "field"),
				a.at("createImportDefinition", "importDefinition"),
			}, "%.10q", name)
			a = w.must(w.manager, `mutation ($d: ID!, $s: ID!, $name: String!) {
				d: updateImportDefinition(input: {id: $d, expectedVersion: 1, name: $name}) { userErrors { code field } }
				key: createSite(input: {key: $name, name: "N"}) { userErrors { code field } }
				name: createSite(input: {key: "N", name: $name}) { userErrors { code field } }
				alias: createSite(input: {key: "N", name: "N", aliases: ["M", $name]}) { userErrors { code field } }
				s: updateSite(input: {id: $s, name: $name}) { userErrors { code field } } }`, object{"d": id, "s": site, "name": name})
			for what, field := range map[string][]any{
				"d": {"input", "name"}, "key": {"input", "key"}, "name": {"input", "name"}, "alias": {"input", "aliases", "1"}, "s": {"input", "name"},
			} {
				require.Equal(t, []any{object{"code": "INVALID_INPUT", "field": field}}, a.at(what, "userErrors"), "%s %.10q", what, name)
			}
		}
		require.EqualValues(t, 1, w.must(w.reader, `{ sites { totalCount } }`, nil).at("sites", "totalCount"))
	})
}

// TestChangesOfDifferentFieldsAtOnceBothStay lets two people change one site, and one rename a definition that the other
// archives, over and over.
func TestChangesOfDifferentFieldsAtOnceBothStay(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		const change = `mutation ($in: UpdateSiteInput!) { updateSite(input: $in) { userErrors { code } } }`
		site := w.must(w.manager, `mutation { createSite(input: {key: "k", name: "K"}) { site { id } } }`, nil).at("createSite", "site", "id")
		try := func(v viewer.Viewer, document string, in any) {
			require.Empty(t, w.ask(v, document, object{"in": in}).Errors)
		}
		together := func(a, b func()) {
			var wg sync.WaitGroup
			wg.Go(a)
			wg.Go(b)
			wg.Wait()
		}
		for i := range 20 {
			name, alias := fmt.Sprint("Name ", i), fmt.Sprint("Alias ", i)
			together(func() {
				try(w.manager, change, object{"id": site, "name": name})
			}, func() {
				try(w.owner, change, object{"id": site, "aliases": []string{alias}})
			})
			a := w.must(w.reader, `query ($id: ID!) { site(id: $id) { name aliases } }`, object{"id": site})
			require.Equal(t, object{"name": name, "aliases": []any{alias}}, a.at("site"))

			in := valid()
			in["name"] = fmt.Sprint("Old ", i)
			id := w.must(w.manager, create, object{"in": in}).at("createImportDefinition", "importDefinition", "id")
			in["name"] = fmt.Sprint("New ", i)
			together(func() {
				try(w.manager, `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) { userErrors { code } } }`,
					object{"id": id, "expectedVersion": 1, "name": in["name"]})
			}, func() {
				try(w.owner, `mutation ($in: ArchiveImportDefinitionInput!) { archiveImportDefinition(input: $in) { userErrors { code } } }`,
					object{"id": id})
			})
			require.NotNil(t, w.must(w.manager, create, object{"in": in}).at("createImportDefinition", "importDefinition"), "an archived name is free")
		}
	})
}
