package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDocumentsBeyondTheLimitsAreRefusedCheaply(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		var bomb strings.Builder
		bomb.WriteString("{ ...F0 }\n")
		for i := range 30 {
			fmt.Fprintf(&bomb, "fragment F%d on Query { ...F%d ...F%d }\n", i, i+1, i+1)
		}
		bomb.WriteString("fragment F30 on Query { viewer { role } }")
		var aliases, fields strings.Builder
		for i := range 31 {
			fmt.Fprintf(&aliases, "a%d: viewer { role } ", i)
		}
		for range 101 {
			fields.WriteString("id ")
		}
		for name, document := range map[string]string{
			"bytes":    "{ viewer { role } } #" + strings.Repeat("x", 33<<10),
			"tokens":   "{ " + strings.Repeat("viewer { role } ", 600) + "}",
			"depth":    "{ imports { nodes { results { nodes { import { results { nodes { import { results { nodes { import { results { nodes { id } } } } } } } } } } } } } }",
			"bomb":     bomb.String(),
			"aliases":  "{ " + aliases.String() + "}",
			"fields":   "{ viewer { " + fields.String() + "} }",
			"fragment": "{ viewer { ...F } } fragment F on Viewer { " + fields.String() + "}",
		} {
			began := time.Now()
			statements := w.statements.during(func() {
				a := w.ask(w.reader, document, nil)
				require.Equal(t, "LIMIT_EXCEEDED", a.code(), name)
			})
			require.Empty(t, statements, name)
			require.Less(t, time.Since(began), 5*time.Second, name) // a bomb that is expanded takes minutes
		}
		cycle := w.ask(w.reader, "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", nil)
		require.Equal(t, "GRAPHQL_VALIDATION_FAILED", cycle.code())
		tooMany := make([]any, 101)
		for i := range tooMany {
			tooMany[i] = "imp-0"
		}
		require.Equal(t, "BAD_USER_INPUT", w.ask(w.reader, `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, object{"ids": tooMany}).code())
	})
}

func TestErrorsTellWhatTheClientCanKnowAndNothingElse(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		for document, code := range map[string]string{
			`{ `:                                   "GRAPHQL_PARSE_FAILED",
			`{ viewr { role } }`:                   "GRAPHQL_VALIDATION_FAILED",
			`{ viewer { rol } }`:                   "GRAPHQL_VALIDATION_FAILED",
			`{ imports(frist: 1) { totalCount } }`: "GRAPHQL_VALIDATION_FAILED",
			`{ imports(filter: {status: [PENDIN]}) { totalCount } }`:                             "GRAPHQL_VALIDATION_FAILED",
			`query ($f: ImportFilter) { imports(filter: $g) { totalCount } }`:                    "GRAPHQL_VALIDATION_FAILED",
			`{ imports(filter: {createdAfter: "soon"}) { totalCount } }`:                         "BAD_USER_INPUT",
			`mutation { createUpload(input: {fileName: "a", size: 99999999999999999}) { url } }`: "BAD_USER_INPUT",
		} {
			a := w.ask(w.reader, document, nil)
			require.Equal(t, code, a.code(), document)
			require.NotContains(t, a.Errors[0].Message, "Did you mean", document)
			require.NotContains(t, a.Errors[0].Message, "entrepot/", document)
		}
		require.NoError(t, w.db.Close())
		a := w.ask(w.reader, `{ imports { totalCount } }`, nil)
		require.Contains(t, []any{"INTERNAL", "SERVICE_UNAVAILABLE"}, a.code())
		require.NotContains(t, strings.ToLower(a.Errors[0].Message), "sql")
		require.Equal(t, 1, strings.Count(w.log.String(), "\n"), "logged once: %s", w.log)
	})
}

func TestBodiesThatAreNoRequest(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		for body, status := range map[string]int{
			`{"query": `: http.StatusBadRequest,
			`{"query":"{viewer{role}}","variables":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`: http.StatusRequestEntityTooLarge,
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/graphql", strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Test-Viewer", encode(w.reader))
			response, err := w.server.Client().Do(r)
			require.NoError(t, err)
			response.Body.Close()
			require.Equal(t, status, response.StatusCode)
		}
	})
}
