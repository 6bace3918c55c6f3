package graph_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/event"
	"entrepot/internal/fakegcs"
	"entrepot/internal/testdb"
	"entrepot/storage"
)

// TestWithoutTheDatabaseTheAnswerIs503 asks each way that has a status while the database is away.
func TestWithoutTheDatabaseTheAnswerIs503(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		ask := func(method, query, body string) (*http.Response, string) {
			r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+"/graphql"+query, strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Test-Viewer", encode(w.reader))
			response, err := w.server.Client().Do(r)
			require.NoError(t, err)
			defer response.Body.Close()
			content, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return response, string(content)
		}
		const imports = `{ imports { totalCount } }`
		response, _ := ask(http.MethodPost, "", `{"query": "`+imports+`"}`)
		require.Equal(t, http.StatusOK, response.StatusCode)

		require.NoError(t, w.db.Close())
		for name, c := range map[string]struct {
			method, query, body string
			status              int
			code                string
		}{
			"POST":     {http.MethodPost, "", `{"query": "` + imports + `"}`, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE"},
			"GET":      {http.MethodGet, "?query=" + url.QueryEscape(imports), "", http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE"},
			"partial":  {http.MethodPost, "", `{"query": "{ __typename a: node(id: \"imp-0\") { id } }"}`, http.StatusOK, "SERVICE_UNAVAILABLE"},
			"no field": {http.MethodPost, "", `{"query": "{ nothing }"}`, http.StatusUnprocessableEntity, "GRAPHQL_VALIDATION_FAILED"},
		} {
			response, body := ask(c.method, c.query, c.body)
			require.Equal(t, c.status, response.StatusCode, "%s: %s", name, body)
			require.Contains(t, body, c.code, name)
			require.Equal(t, c.status == http.StatusServiceUnavailable, response.Header.Get("Retry-After") != "", name)
		}
	})
}

// TestWithoutTheBucketTheAnswerIs503 takes a remote bucket away between the check of a file and its preview.
func TestWithoutTheBucketTheAnswerIs503(t *testing.T) {
	t.Parallel()
	objects, err := fakegcs.New(fakegcs.Config{Bucket: "entrepot"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, objects.Close()) })
	remote := httptest.NewServer(objects)
	t.Cleanup(remote.Close)

	w := &world{t: t, bus: &event.Bus{}, log: &lines{}, db: testdb.NewSQLite(t)}
	w.bucket, err = storage.Open(t.Context(), storage.Config{
		URL: "gs://entrepot", Logger: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
			return map[string]string{"STORAGE_EMULATOR_HOST": strings.TrimPrefix(remote.URL, "http://")}[name]
		},
	})
	require.NoError(t, err)
	w.build(true, "")

	key := w.collector.OrganizationID + "/" + w.collector.GroupID + "/meters.csv"
	file, err := w.bucket.NewWriter(t.Context(), key)
	require.NoError(t, err)
	_, err = io.WriteString(file, meterReadings)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	history := w.store(w.collector, "meters.csv", w.bucket.Path(key))
	require.Equal(t, "SUCCESS", w.settled(w.collector, history))
	input := object{"in": object{"uploadHistoryId": history, "draft": meterDefinition}}
	require.NotEmpty(t, w.must(w.collector, previewDocument, input).at("previewImport", "results"))

	remote.Close()
	a := w.ask(w.collector, previewDocument, input)
	require.Equal(t, "SERVICE_UNAVAILABLE", a.code())
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
}
