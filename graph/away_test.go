package graph_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
