package graph_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/download"
	"entrepot/ent/importresult"
)

const resultsFile = `query ($id: ID!) { import(id: $id) { status csv: resultsFile { url expiresAt } jsonl: resultsFile(format: JSONL) { url } } }`

// fetch asks for an address without signing in.
func (w *world) fetch(method, address string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, address, nil)
	require.NoError(w.t, err)
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response, string(text)
}

func TestResultsAreDownloadedAsCSVAndJSONLines(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		w.must(w.manager, `mutation { createSite(input: {key: "n", name: "North, \"=the\" one", aliases: ["North"]}) { userErrors { code } } }`, nil)
		a := w.must(w.manager, `mutation { createImportDefinition(input: {
			name: "Strom/Gas: Zähler"
			inputSchema: [{name: "site", type: STRING, role: SITE_IDENTIFIER}, {name: "date", type: DATE, role: PERIOD}, {name: "kwh", type: NUMBER}, {name: "note", type: STRING}]
			outputSchema: [
				{key: "kwh", label: "Energy, total", unit: "kWh", aggregate: SUM, column: "kwh", periodUnit: MONTHLY}
				{key: "note", type: STRING, aggregate: LAST, column: "note", periodUnit: MONTHLY}
				{key: "rows", aggregate: COUNT, periodUnit: YEARLY}
			]
		}) { importDefinition { id } userErrors { code message } } }`, nil)
		require.Empty(t, a.at("createImportDefinition", "userErrors"))
		definition := a.at("createImportDefinition", "importDefinition", "id")
		history := w.upload(w.collector, "meter.csv",
			"site,date,kwh,note\nNorth,2024-01-05,1.50,=1+1\nNorth,2024-01-06,2,<=HYPERLINK(1)>\nSouth,2024-02-01,-3,\nSouth,never,1,x\n")
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": definition, "onInvalidRow": "SKIP"})
		require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, run)["status"])

		// Everybody in the organization sees results, whatever their group.
		links := w.must(w.noGroup, resultsFile, object{"id": run})
		address := links.at("import", "csv", "url").(string)
		response, text := w.fetch(http.MethodGet, address)
		require.Equal(t, http.StatusOK, response.StatusCode, text)
		require.Equal(t, "text/csv; charset=utf-8", response.Header.Get("Content-Type"))
		require.Equal(t, "private, no-store", response.Header.Get("Cache-Control"))
		require.Contains(t, response.Header.Get("Content-Disposition"), `attachment; filename="Strom_Gas_ Z_hler `+run+`.csv"`)
		require.Contains(t, response.Header.Get("Content-Disposition"), "Strom_Gas_%20Z%C3%A4hler")
		require.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "\uFEFF"+strings.Join([]string{
			"site_key,site_name,year,period_unit,period,output,label,unit,value,rows_processed,rows_rejected",
			`n,"North, ""=the"" one",2024,MONTHLY,1,kwh,"Energy, total",kWh,3.5,2,0`,
			`n,"North, ""=the"" one",2024,MONTHLY,1,note,note,,<=HYPERLINK(1)>,2,0`,
			`South,,2024,MONTHLY,2,kwh,"Energy, total",kWh,-3,1,0`,
			`South,,2024,YEARLY,1,rows,rows,,1,1,0`,
			`n,"North, ""=the"" one",2024,YEARLY,1,rows,rows,,2,2,0`,
		}, "\r\n")+"\r\n", sorted(text))

		response, text = w.fetch(http.MethodGet, links.at("import", "jsonl", "url").(string))
		require.Equal(t, "application/x-ndjson", response.Header.Get("Content-Type"))
		require.Contains(t, response.Header.Get("Content-Disposition"), run+`.jsonl"`)
		require.Contains(t, text, `{"site_key":"n","site_name":"North, \"=the\" one","year":2024,"period_unit":"MONTHLY","period":1,"output":"note",`+
			`"label":"note","unit":null,"value":"\u003c=HYPERLINK(1)\u003e","rows_processed":2,"rows_rejected":0}`+"\n")
		require.Contains(t, text, `{"site_key":"South","site_name":null,"year":2024,"period_unit":"MONTHLY","period":2,"output":"kwh",`+
			`"label":"Energy, total","unit":"kWh","value":-3,"rows_processed":1,"rows_rejected":0}`+"\n")
		require.Equal(t, 5, strings.Count(text, "\n"))

		response, text = w.fetch(http.MethodHead, address)
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Empty(t, text)
		require.Contains(t, response.Header.Get("Content-Disposition"), run)

		// What is not signed gives nothing, and the link of a bucket is none of these.
		for name, change := range map[string]func(url.Values){
			"another organization": func(q url.Values) { q.Set("organization", w.foreigner.OrganizationID) },
			"another import":       func(q url.Values) { q.Set("id", "imp-0") },
			"another format":       func(q url.Values) { q.Set("format", "JSONL") },
			"a later end":          func(q url.Values) { q.Set("expires", "9999999999") },
			"one more":             func(q url.Values) { q.Add("id", run) },
			"no signature":         func(q url.Values) { q.Del("signature") },
		} {
			u, err := url.Parse(address)
			require.NoError(t, err)
			q := u.Query()
			change(q)
			u.RawQuery = q.Encode()
			response, text = w.fetch(http.MethodGet, u.String())
			require.Equal(t, http.StatusForbidden, response.StatusCode, name)
			require.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"), name)
			require.NotContains(t, text, run, name)
		}
		original := w.must(w.collector, `query ($id: ID!) { uploadHistory(id: $id) { original { url } } }`, object{"id": history})
		bucket, err := url.Parse(original.at("uploadHistory", "original", "url").(string))
		require.NoError(t, err)
		response, _ = w.fetch(http.MethodGet, w.server.URL+"/download?"+bucket.RawQuery)
		require.Equal(t, http.StatusForbidden, response.StatusCode)
		response, _ = w.fetch(http.MethodPost, address)
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
		require.Equal(t, "GET, HEAD, OPTIONS", response.Header.Get("Allow"))
		response, _ = w.fetch(http.MethodOptions, address)
		require.Equal(t, http.StatusNoContent, response.StatusCode)
	})
}

// sorted puts the yearly rows at the end by site: databases order names in their own ways.
func sorted(text string) string {
	lines := strings.SplitAfter(text, "\r\n")
	for i := range lines[:len(lines)-1] {
		if strings.Contains(lines[i], "YEARLY") && strings.HasPrefix(lines[i], "n,") && strings.HasPrefix(lines[i+1], "South") {
			lines[i], lines[i+1] = lines[i+1], lines[i]
		}
	}
	return strings.Join(lines, "")
}

func TestManyResultsAreDownloadedPageByPage(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		var file strings.Builder
		file.WriteString("site,date,kwh\n")
		for site := range 130 {
			for month := range 12 {
				file.WriteString("site " + string(rune('a'+site%26)) + strings.Repeat("x", site/26) + ",2024-" + twoDigits(month+1) + "-01,1\n")
			}
		}
		history := w.upload(w.collector, "many.csv", file.String())
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": w.define(w.manager, "Energy")})
		require.EqualValues(t, 1560, w.finish(w.collector, run)["resultCount"])
		links := w.must(w.reader, resultsFile, object{"id": run})

		_, text := w.fetch(http.MethodGet, links.at("import", "csv", "url").(string))
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 1561)
		seen := map[string]bool{}
		for _, row := range rows[1:] {
			seen[row[0]+" "+row[4]] = true
		}
		require.Len(t, seen, 1560)

		_, text = w.fetch(http.MethodGet, links.at("import", "jsonl", "url").(string))
		lines := 0
		for line := range strings.Lines(text) {
			var row struct {
				SiteKey string `json:"site_key"`
				Period  int
				Value   float64
			}
			require.NoError(t, json.Unmarshal([]byte(line), &row))
			require.Equal(t, rows[lines+1][0], row.SiteKey)
			require.InDelta(t, 1, row.Value, 0)
			lines++
		}
		require.Equal(t, 1560, lines)
	})
}

// TestALinkWorksAtEveryReplicaUntilItExpires asks servers with other clocks and secrets.
func TestALinkWorksAtEveryReplicaUntilItExpires(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		run := w.imported(1)[0]
		links := w.must(w.reader, resultsFile, object{"id": run})
		address := links.at("import", "csv", "url").(string)
		expires, err := time.Parse(time.RFC3339, links.at("import", "csv", "expiresAt").(string))
		require.NoError(t, err)
		require.LessOrEqual(t, time.Until(expires), 15*time.Minute)
		require.Greater(t, time.Until(expires), 14*time.Minute)

		at := func(now time.Time, secret byte) *httptest.ResponseRecorder {
			d, err := download.New(download.Config{
				DB: w.db, Secret: bytes.Repeat([]byte{secret}, 32), Logger: slog.New(slog.DiscardHandler),
				Now: func() time.Time { return now },
			})
			require.NoError(t, err)
			recorder := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			d.Handler().ServeHTTP(recorder, r)
			return recorder
		}
		require.Equal(t, http.StatusOK, at(expires.Add(-time.Second), 7).Code)
		require.Contains(t, at(expires.Add(-time.Second), 7).Body.String(), "North,,2024,MONTHLY,12,kwh,kwh,,12,1,0")
		require.Equal(t, http.StatusGone, at(expires, 7).Code)
		require.Equal(t, "This link has expired. Ask for a new one.\n", at(expires, 7).Body.String())
		require.Equal(t, http.StatusForbidden, at(expires.Add(-time.Second), 8).Code)
	})
}

// TestAFileThatCannotBeFinishedIsCutOff takes results away, as an erasure at the same time would.
func TestAFileThatCannotBeFinishedIsCutOff(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		run := w.imported(1)[0]
		links := w.must(w.reader, resultsFile, object{"id": run})
		w.system(func(ctx context.Context) {
			w.db.Client().ImportResult.Delete().Where(importresult.ImportID(run), importresult.Period(5)).ExecX(ctx)
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, links.at("import", "csv", "url").(string), nil)
		require.NoError(t, err)
		response, err := w.server.Client().Do(r)
		if err == nil {
			defer response.Body.Close()
			_, err = io.ReadAll(response.Body)
		}
		require.Error(t, err, "a part must not look like the whole")
		require.Contains(t, w.log.String(), "has 12 results, and 11 were found")
	})
}

func TestDownloadsSayWhatTheirConfigurationLacks(t *testing.T) {
	t.Parallel()
	_, err := download.New(download.Config{Secret: []byte("short"), PublicURL: "localhost"})
	require.ErrorContains(t, err, "Config.DB is missing")
	require.ErrorContains(t, err, "Config.Secret has 5 bytes: it needs at least 32")
	require.ErrorContains(t, err, "Config.Logger is missing")
	require.ErrorContains(t, err, `the public URL "localhost"`)
}

func twoDigits(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func TestAnImportWithoutResultsHasNoResultsFile(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		definition := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "bad.csv", meter+"East,never,1\n")
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": definition})
		require.Equal(t, "FAILED", w.finish(w.collector, run)["status"])
		a := w.must(w.collector, resultsFile, object{"id": run})
		require.Nil(t, a.at("import", "csv"))
		require.Nil(t, a.at("import", "jsonl"))
	})
	idle(t, func(t *testing.T, w *world) {
		a := w.must(w.collector, resultsFile, object{"id": w.pending()})
		require.Equal(t, "PENDING", a.at("import", "status"))
		require.Nil(t, a.at("import", "csv"))
	})
}
