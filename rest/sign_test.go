package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/rest"
)

func (s *server) sign(t *testing.T, body string, header ...string) answer {
	t.Helper()
	return s.ask(t, &ada, http.MethodPost, signPath, body, header...)
}

func TestASignedURLTakesTheFileOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.sign(t, `{"file_name": " ../../Ölçüm.CSV ", "size": 8, "content_type": null, "sha256": " ",
		"gcs_path": "gs://local/org-two/grp-eve/x", "extra": {"a": [1]}}`)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Len(t, got.decode(t), 5)
	var signed rest.SignedURL
	require.NoError(t, json.Unmarshal([]byte(got.body), &signed))
	require.Regexp(t, `^gs://local/org-one/grp-one/[a-z0-9]{26}$`, signed.GCSPath, "nothing of the user's")
	require.Equal(t, http.MethodPut, signed.Method)
	require.Equal(t, []rest.Header{{Name: "Content-Type", Value: "text/csv"}}, signed.Headers)
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$`, signed.ExpiresAt)
	require.Equal(t, 1, s.issued(t))
	require.Zero(t, s.count(t), "that is for the next request")

	require.Equal(t, http.StatusOK, s.put(t, signed, "a,b\n1,2\n"))
	require.Equal(t, http.StatusPreconditionFailed, s.put(t, signed, "a,b\n1,2\n"))
	stored := s.store(t, fmt.Sprintf(`{"file_name": "Ölçüm.CSV", "gcs_path": %q}`, signed.GCSPath))
	require.Equal(t, http.StatusOK, stored.status)
	require.Equal(t, 1, s.count(t))
}

// put sends a file where a signed URL says.
func (s *server) put(t *testing.T, signed rest.SignedURL, content string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), signed.Method, signed.URL, strings.NewReader(content))
	for _, h := range signed.Headers {
		r.Header.Set(h.Name, h.Value)
	}
	w := httptest.NewRecorder()
	s.bucket.Handler().ServeHTTP(w, r)
	return w.Code
}

func TestSignedURLsOfGoodRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, c := range map[string]struct {
		body, contentType string
		header            []string
	}{
		"longest name": {
			body: fmt.Sprintf(`{"file_name": %q, "size": 1}`, strings.Repeat("ş", 251)+".csv"), contentType: "text/csv",
		},
		"largest file": {body: `{"file_name": "a", "size": 2147483648}`, contentType: "application/octet-stream"},
		"type and hash": {
			body: `{"file_name": "a", "size": 1, "content_type": "TEXT/csv; Charset=utf-8", "sha256": "` +
				strings.Repeat("aB", 32) + `"}`,
			contentType: "text/csv; charset=utf-8",
		},
		"no content type": {
			body: `{"file_name": "a.tab", "size": 1}`, contentType: "text/tab-separated-values",
			header: []string{"Content-Type", ""},
		},
		"resumable, which a folder does not know": {
			body: `{"file_name": "a.csv", "size": 1, "resumable": true}`, contentType: "text/csv",
		},
		"not resumable": {body: `{"file_name": "a.csv", "size": 1, "resumable": null}`, contentType: "text/csv"},
		"identity": {
			body: `{"file_name": "a.tsv", "size": 1}`, contentType: "text/tab-separated-values",
			header: []string{"Content-Encoding", "identity"},
		},
		"other spellings": {body: `{"file_name": "a.txt", "size": 1, "Size": "x", "FILE_NAME": 5}`, contentType: "text/plain"},
		"the last counts": {body: `{"file_name": 5, "size": "x", "file_name": "a.txt", "size": 1}`, contentType: "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.sign(t, c.body, c.header...)
			require.Equal(t, http.StatusOK, got.status, got.body)
			var signed rest.SignedURL
			require.NoError(t, json.Unmarshal([]byte(got.body), &signed))
			require.Equal(t, c.contentType, signed.Headers[0].Value)
		})
	}
}

func TestBadRequestsForASignedURL(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const (
		sizeString = "The size must be a whole number."
		sizeLeast  = "The size must be at least 1 byte; an empty file cannot be imported."
		sizeMost   = "The size may not be more than 2147483648 bytes."
		typeNot    = "The content type is not one that is taken; for a CSV file it is text/csv, " +
			"for anything else application/octet-stream."
		typeString = "The content type must be a string."
		hashDigits = "The sha256 must have 64 hexadecimal digits."
		hashString = "The sha256 must be a string."
		resumable  = "The resumable must be true or false."
		nameLong   = "The file name may not be longer than 255 characters; it has 256."
		nameHidden = "The file name may not contain control characters."
	)
	with := func(member, value string) string {
		body := map[string]json.RawMessage{"file_name": []byte(`"a.csv"`), "size": []byte("1")}
		body[member] = []byte(value)
		text, _ := json.Marshal(body)
		return string(text)
	}
	one := func(field, message string) map[string][]string { return map[string][]string{field: {message}} }
	noBody := one("body", "The request body is not valid JSON.")
	noObject := one("body", "The request body must be a JSON object.")
	for _, c := range []struct {
		name, body string
		errors     map[string][]string
	}{
		{"no body", "", map[string][]string{"file_name": {nameRequired}, "size": {"The size is required."}}},
		{"empty object", "{}", map[string][]string{"file_name": {nameRequired}, "size": {"The size is required."}}},
		{"null", "null", noObject},
		{"list", `[{"file_name": "a", "size": 1}]`, noObject},
		{"text", `"file_name"`, noObject},
		{"half a body", `{"file_name": "a", "si`, noBody},
		{"two bodies", `{"file_name": "a", "size": 1} {}`, noBody},
		{"form", "file_name=a&size=1", noBody},
		{"not UTF-8", "{\"file_name\": \"\xff\", \"size\": 1}", one("body", "The request body must be in UTF-8.")},

		{"name missing", `{"size": 1}`, one("file_name", nameRequired)},
		{"name null", with("file_name", "null"), one("file_name", nameRequired)},
		{"name blank", with("file_name", `" \u00a0\t"`), one("file_name", nameRequired)},
		{"name number", with("file_name", "5"), one("file_name", nameString)},
		{"name false", with("file_name", "false"), one("file_name", nameString)},
		{"name list", with("file_name", `["a"]`), one("file_name", nameString)},
		{"name object", with("file_name", `{}`), one("file_name", nameString)},
		{"name too long", with("file_name", `"`+strings.Repeat("ş", 256)+`"`), one("file_name", nameLong)},
		{"name with NUL", with("file_name", `"a\u0000b"`), one("file_name", nameHidden)},
		{"name with line end", with("file_name", `"a\r\nb"`), one("file_name", nameHidden)},
		{"name with escape", with("file_name", `"\u001b[31m"`), one("file_name", nameHidden)},
		{"name with an override of direction", with("file_name", `"a\u202excod.exe"`), one("file_name", nameHidden)},
		{"name with an isolate", with("file_name", `"a\u2066b"`), one("file_name", nameHidden)},

		{"size missing", `{"file_name": "a"}`, one("size", "The size is required.")},
		{"size null", with("size", "null"), one("size", "The size is required.")},
		{"size text", with("size", `"1"`), one("size", sizeString)},
		{"size true", with("size", "true"), one("size", sizeString)},
		{"size list", with("size", "[1]"), one("size", sizeString)},
		{"size fraction", with("size", "1.5"), one("size", sizeString)},
		{"size exponent", with("size", "1e3"), one("size", sizeString)},
		{"size beyond numbers", with("size", "1e400000000"), one("size", sizeString)},
		{"size nothing", with("size", "0"), one("size", sizeLeast)},
		{"size minus nothing", with("size", "-0"), one("size", sizeLeast)},
		{"size negative", with("size", "-9223372036854775809"), one("size", sizeLeast)},
		{"size too large", with("size", "2147483649"), one("size", sizeMost)},
		{"size huge", with("size", strings.Repeat("9", 400)), one("size", sizeMost)},

		{"type number", with("content_type", "5"), one("content_type", typeString)},
		{"type list", with("content_type", `["text/csv"]`), one("content_type", typeString)},
		{"type of a page", with("content_type", `"text/html"`), one("content_type", typeNot)},
		{"type of a script", with("content_type", `"image/svg+xml"`), one("content_type", typeNot)},
		{"type with a line end", with("content_type", `"text/csv\r\nX-Evil: 1"`), one("content_type", typeNot)},
		{"type with a parameter", with("content_type", `"text/csv; profile=x"`), one("content_type", typeNot)},
		{"type huge", with("content_type", `"text/csv; charset=`+strings.Repeat("x", 200)+`"`), one("content_type", typeNot)},

		{"hash number", with("sha256", "5"), one("sha256", hashString)},
		{"hash object", with("sha256", "{}"), one("sha256", hashString)},
		{"hash short", with("sha256", `"abcd"`), one("sha256", hashDigits)},
		{"hash of other digits", with("sha256", `"`+strings.Repeat("x", 64)+`"`), one("sha256", hashDigits)},
		{"hash with NUL", with("sha256", `"`+strings.Repeat("a", 63)+`\u0000"`), one("sha256", hashDigits)},

		{"resumable text", with("resumable", `"true"`), one("resumable", resumable)},
		{"resumable number", with("resumable", "1"), one("resumable", resumable)},
		{"resumable list", with("resumable", "[]"), one("resumable", resumable)},

		{"everything", `{"file_name": [], "size": {}, "content_type": 1, "sha256": false, "resumable": "x"}`, map[string][]string{
			"file_name": {nameString}, "size": {sizeString}, "content_type": {typeString}, "sha256": {hashString},
			"resumable": {resumable},
		}},
		{"wrong types beside wrong values", `{"file_name": " ", "size": 0, "content_type": 1, "sha256": "x"}`, map[string][]string{
			"file_name": {nameRequired}, "size": {sizeLeast}, "content_type": {typeString}, "sha256": {hashDigits},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := s.sign(t, c.body)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
			requireInvalid(t, got, c.errors)
		})
	}
	t.Cleanup(func() { // after all of them
		require.Zero(t, s.issued(t))
		require.Empty(t, s.logs.lines(t))
	})
}

// requireInvalid holds a 422 to the messages per field that it must have, and to nothing else.
func requireInvalid(t *testing.T, got answer, errors map[string][]string) {
	t.Helper()
	var problem struct {
		Message string
		Errors  map[string][]string
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &problem))
	require.Equal(t, "The given data was invalid.", problem.Message)
	require.Equal(t, errors, problem.Errors)
	require.Len(t, got.decode(t), 2, "message and errors, nothing else")
}
