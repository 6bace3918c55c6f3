package graph_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestATemplateIsReadByItsOwnDefinition uploads each template as it was fetched.
func TestATemplateIsReadByItsOwnDefinition(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.must(w.manager, `mutation { createSite(input: {key: "=N", name: "Formula"}) { userErrors { code } } }`, nil)
		w.must(w.manager, `mutation { createSite(input: {key: "north; \"1\"", name: "North"}) { userErrors { code } } }`, nil)
		all := []object{
			{"name": "site", "type": "STRING", "role": "SITE_IDENTIFIER", "required": true, "aliases": []string{"never shown"}},
			{"name": "date", "type": "DATE", "role": "PERIOD", "required": true},
			{"name": "kWh, all", "type": "NUMBER", "required": true},
			{"name": "n", "type": "INTEGER", "required": true},
			{"name": "ok", "type": "BOOLEAN", "required": true},
			{"name": "at", "type": "DATETIME", "required": true},
			{"name": "-note", "type": "STRING", "required": true, "aliases": []string{"note"}},
		}
		with := func(change func(columns []object)) []object {
			columns := make([]object, len(all))
			for i := range all {
				columns[i] = object{}
				for k, v := range all[i] {
					columns[i][k] = v
				}
			}
			change(columns)
			return columns
		}
		outputs := []object{{"key": "kwh", "aggregate": "SUM", "column": "kWh, all", "periodUnit": "MONTHLY"}}
		for name, test := range map[string]struct {
			columns []object
			format  object
			header  string
		}{
			"no format": {all, nil, `site,date,"kWh, all",n,ok,at,note`},
			"German":    {all, object{"locale": "de", "dateFormats": []string{"DD.MM.YYYY", "DD.MM.YYYY HH:mm"}}, `site;date;"kWh, all";n;ok;at;note`},
			"Turkish":   {all, object{"locale": "tr", "encoding": "windows-1254"}, `site;date;"kWh, all";n;ok;at;note`},
			"American":  {all, object{"locale": "en-US", "dateFormats": []string{"M/D/YYYY"}}, `site,date,"kWh, all",n,ok,at,note`},
			"dialect":   {all, object{"delimiter": "|", "quote": "'", "headerRow": 3, "decimalSeparator": ","}, "\r\n\r\nsite|date|'kWh, all'|n|ok|at|note"},
			"escape":    {all, object{"kind": "CSV", "delimiter": "\t", "quote": `"`, "escape": `\`}, "site\tdate\t\"kWh, all\"\tn\tok\tat\tnote"},
			"own layouts": {
				with(func(c []object) { c[1]["format"], c[5]["format"] = "MMMM D, YYYY", "YYYY-MM-DD hh:mm A" }), nil,
				`site,date,"kWh, all",n,ok,at,note`,
			},
			"period in words": {with(func(c []object) { c[1]["type"], c[1]["format"] = "STRING", "MMM YYYY" }), nil, `site,date,"kWh, all",n,ok,at,note`},
			"period as text":  {with(func(c []object) { c[1]["type"] = "STRING" }), object{"dateFormats": []string{"YYYY", "MM/YYYY"}}, `site,date,"kWh, all",n,ok,at,note`},
		} {
			in := object{"name": name, "inputSchema": test.columns, "outputSchema": outputs, "onUnknownSite": "REJECT"}
			if test.format != nil {
				in["format"] = test.format
			}
			a := w.must(w.manager, `mutation ($in: CreateImportDefinitionInput!) { createImportDefinition(input: $in) {
				importDefinition { id template { url expiresAt } } userErrors { code field message } } }`, object{"in": in})
			require.Empty(t, a.at("createImportDefinition", "userErrors"), name)
			response, text := w.fetch(http.MethodGet, a.at("createImportDefinition", "importDefinition", "template", "url").(string))
			require.Equal(t, http.StatusOK, response.StatusCode, text)
			require.Equal(t, "text/csv; charset=utf-8", response.Header.Get("Content-Type"))
			require.Contains(t, response.Header.Get("Content-Disposition"), `template.csv"`)
			require.True(t, strings.HasPrefix(text, "\uFEFF"+test.header+"\r\n"), "%s: %q", name, text)
			require.NotContains(t, text, "never shown")
			require.Contains(t, text, "north")

			history := w.upload(w.collector, name+".csv", text)
			run := w.start(w.collector, object{
				"uploadHistoryId":    history,
				"importDefinitionId": a.at("createImportDefinition", "importDefinition", "id"),
			})
			done := w.finish(w.collector, run)
			require.Equal(t, "COMPLETED", done["status"], "%s: %v %q", name, done["error"], text)
			require.EqualValues(t, 1, done["acceptedRowCount"])
			b := w.must(w.reader, `query ($id: ID!) { import(id: $id) { results { nodes { site { name } processedData } } } }`, object{"id": run})
			require.Equal(t, object{"site": object{"name": "North"}, "processedData": object{"kwh": 1234.5}}, b.at("import", "results", "nodes", 0), name)
		}
	})
}

func TestATemplateIsForItsOrganizationAlone(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.define(w.manager, "Energy")
		w.must(w.foreigner, `mutation { createSite(input: {key: "secret", name: "Secret"}) { userErrors { code } } }`, nil)
		a := w.must(w.reader, `query ($id: ID!) { importDefinition(id: $id) { template { url } } }`, object{"id": id})
		address := a.at("importDefinition", "template", "url").(string)
		_, text := w.fetch(http.MethodGet, address)
		require.Contains(t, text, "Site 1")
		require.NotContains(t, text, "secret")
		u, err := url.Parse(address)
		require.NoError(t, err)
		q := u.Query()
		q.Set("organization", w.foreigner.OrganizationID)
		u.RawQuery = q.Encode()
		response, _ := w.fetch(http.MethodGet, u.String())
		require.Equal(t, http.StatusForbidden, response.StatusCode)
	})
}
