package rest_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// documentOf is the OpenAPI document as a client gets it, without a token.
func documentOf(t *testing.T, h http.Handler) (document map[string]any) {
	t.Helper()
	s := &server{Handler: h}
	got := s.ask(t, nil, http.MethodGet, "/openapi.json", "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "application/openapi+json", got.header.Get("Content-Type"))
	require.NoError(t, json.Unmarshal([]byte(got.body), &document))
	return document
}

// dig follows keys down a document.
func dig(at any, keys ...string) any {
	for _, key := range keys {
		at = at.(map[string]any)[key]
	}
	return at
}

// operations calls f for every operation.
func operations(document map[string]any, f func(path, method string, operation map[string]any)) {
	for path, item := range dig(document, "paths").(map[string]any) {
		for method, operation := range item.(map[string]any) {
			f(path, method, operation.(map[string]any))
		}
	}
}

// kept is the document of any server: they differ in nothing.
var kept struct {
	sync.Once
	document map[string]any
}

// requireDocumented holds an answer of a path that there is to the statuses that the document has for it.
func requireDocumented(t *testing.T, h http.Handler, method, path string, status int) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimPrefix(path, public.String())
	if !strings.HasPrefix(path, root+"/") {
		return
	}
	kept.Do(func() { kept.document = documentOf(t, h) })
	if path != listPath {
		path = regexp.MustCompile("^"+root+"/histories/[^/]+").ReplaceAllString(path, root+"/histories/{id}")
	}
	operations(kept.document, func(template, of string, operation map[string]any) {
		if template == path && strings.EqualFold(method, of) {
			require.Contains(t, dig(operation, "responses"), strconv.Itoa(status), "%s %s", method, path)
		}
	})
}

func TestTheDocumentDescribesWhatIsServed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	document := documentOf(t, s)
	require.Equal(t, "3.1.0", document["openapi"])
	require.Equal(t, public.String(), dig(document["servers"].([]any)[0], "url"))
	var served []string
	operations(document, func(path, method string, _ map[string]any) {
		served = append(served, strings.ToUpper(method)+" "+strings.TrimPrefix(path, root))
	})
	require.ElementsMatch(t, []string{
		"POST /signed-url", "POST /upload-history", "GET /histories/list", "GET /histories/{id}",
		"GET /histories/{id}/import-errors", "GET /histories/{id}/download-errors", "GET /histories/{id}/download-original",
	}, served)

	schemas := dig(document, "components", "schemas")
	body := dig(schemas, "StoreHistoryBody")
	require.ElementsMatch(t, []any{"file_name", "gcs_path"}, dig(body, "required"))
	require.EqualValues(t, 255, dig(body, "properties", "file_name", "maxLength"))
	require.Equal(t, "string", dig(body, "properties", "file_name", "type"))
	require.EqualValues(t, 2048, dig(body, "properties", "gcs_path", "maxLength"))
	require.ElementsMatch(t, []any{"string", "null"}, dig(body, "properties", "error_reason", "type"))
	require.Equal(t, true, dig(body, "additionalProperties"), "other members are ignored")
	require.ElementsMatch(t, []any{"file_name", "size"}, dig(schemas, "SignedURLBody", "required"))
	require.Len(t, dig(schemas, "History", "properties"), 12)
	require.Len(t, dig(schemas, "HistoryList", "required"), 13)
	require.EqualValues(t, 100, dig(schemas, "HistoryList", "properties", "per_page", "maximum"))
	require.Len(t, dig(schemas, "RowError", "properties", "code", "enum"), 20)
	text, err := json.Marshal(document)
	require.NoError(t, err)
	require.NotContains(t, string(text), "ErrorModel", "huma's own")
}

// TestTheDocumentLeavesNothingUnsaid looks for names without a description, operations without their refusals, and
// references to nothing.
func TestTheDocumentLeavesNothingUnsaid(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	document := documentOf(t, s)
	described := func(what string, of any) {
		text, _ := dig(of, "description").(string)
		require.Regexp(t, `^[A-Z0-9'].*\.$`, strings.ReplaceAll(text, "\n", " "), "%s is described in sentences", what)
	}
	described("the API", document["info"])
	for name, schema := range dig(document, "components", "schemas").(map[string]any) {
		for member, of := range dig(schema, "properties").(map[string]any) {
			described(name+"."+member, of)
			property := of.(map[string]any)
			_, ref := property["$ref"]
			require.True(t, ref || property["examples"] != nil || slices.Contains([]any{"array", "object"}, property["type"]) ||
				strings.HasSuffix(member, "url") || member == "path" || member == "sha256", "%s.%s has an example", name, member)
		}
	}
	for name, response := range dig(document, "components", "responses").(map[string]any) {
		described(name, response)
		require.NotEmpty(t, dig(response, "content", "application/json", "example", "message"), name)
	}
	ids := map[any]bool{}
	operations(document, func(path, method string, operation map[string]any) {
		described(method+" "+path, operation)
		require.NotEmpty(t, operation["summary"])
		require.Equal(t, []any{"Upload histories"}, operation["tags"])
		ids[operation["operationId"]] = true
		responses := operation["responses"].(map[string]any)
		wanted := []string{"200", "401", "403", "422", "429", "500"}
		switch {
		case strings.HasSuffix(path, "/upload-history"):
			wanted = append(wanted, "400", "408", "413", "415")
		case strings.HasSuffix(path, "/signed-url"):
			wanted = append(wanted, "408", "413", "415", "503")
		case strings.HasSuffix(path, "/list"):
			wanted = append(wanted, "503")
		case strings.HasSuffix(path, "/download-original"):
			wanted = append(wanted, "302", "404", "503")
		default:
			wanted = append(wanted, "404", "503")
		}
		for status, response := range responses {
			require.Contains(t, wanted, status, path)
			if ref, ok := response.(map[string]any)["$ref"].(string); ok {
				require.NotNil(t, dig(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...), ref)
			}
		}
		require.Len(t, responses, len(wanted), path)
		for _, parameter := range operation["parameters"].([]any) {
			if ref, ok := parameter.(map[string]any)["$ref"].(string); ok {
				parameter = dig(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			described(path, parameter)
		}
	})
	require.Len(t, ids, 7)
	require.NotEmpty(t, dig(document, "components", "securitySchemes", "bearer", "description"))
	require.Equal(t, []any{map[string]any{"bearer": []any{}}}, document["security"])
}

func TestThePageShowsEveryOperation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	document := documentOf(t, s)
	page := s.ask(t, nil, http.MethodGet, "/docs", "")
	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	policy := page.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self';")
	require.NotContains(t, policy, "unsafe")
	operations(document, func(path, method string, operation map[string]any) {
		require.Contains(t, page.body, `id="`+operation["operationId"].(string)+`"`)
		require.Contains(t, page.body, `data-method="`+strings.ToUpper(method)+`" data-path="`+path+`"`)
	})
	for name := range dig(document, "components", "schemas").(map[string]any) {
		require.Contains(t, page.body, `id="schema-`+name+`"`)
	}
	ids := map[string]bool{}
	for _, match := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		require.False(t, ids[match[1]], "%s is there twice", match[1])
		ids[match[1]] = true
	}
	for _, match := range regexp.MustCompile(`(?:href="#|for="|aria-labelledby=")([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		require.True(t, ids[match[1]], "a link to %s leads nowhere", match[1])
	}
	require.NotRegexp(t, `<script(?: [^>]*)?>[^<]|<style|style="| on[a-z]+="|https?://[^"]*\.(?:js|css)`, page.body,
		"nothing inline, nothing of others")
	require.Contains(t, page.body, "--data &#39;{&#34;file_name&#34;:&#34;weather.csv&#34;,&#34;size&#34;:123456}&#39;")

	for path, contentType := range map[string]string{
		"/docs/page.css": "text/css; charset=utf-8", "/docs/page.js": "text/javascript; charset=utf-8",
	} {
		require.Contains(t, page.body, `"`+strings.TrimPrefix(path, "/")+`"`)
		got := s.ask(t, nil, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, got.status)
		require.Equal(t, contentType, got.header.Get("Content-Type"))
		require.Less(t, len(got.body), 8<<10)
		again := s.ask(t, nil, http.MethodGet, path, "", "If-None-Match", got.header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.status)
		require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodHead, path, "").status)
	}
}
