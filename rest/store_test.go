package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/ent"
	"entrepot/internal/testdb"
	"entrepot/rest"
	"entrepot/upload"
	"entrepot/viewer"
)

const (
	nameRequired = "The file name is required."
	pathRequired = "The path is required."
	nameString   = "The file name must be a string."
	pathString   = "The path must be a string."
	reasonString = "The error reason must be a string."
)

func TestAHistoryIsStoredAndShownWhole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.store(t, `{"file_name": " Ölçüm 🚀.csv ", "gcs_path": "gs://local/org-one/grp-one/x",
		"error_reason": null, "user_id": "user-eve", "group_id": 5, "status": 3, "extra": {"a": [1]}}`)
	require.Equal(t, http.StatusOK, got.status)
	var shown rest.History
	require.NoError(t, json.Unmarshal([]byte(got.body), &shown))
	const moment = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`
	require.Regexp(t, moment, shown.CreatedAt)
	require.Regexp(t, moment, shown.UpdatedAt)
	require.JSONEq(t, fmt.Sprintf(`{
		"id": %d, "user_id": "user-ada", "group_id": "grp-one", "file_name": "Ölçüm 🚀.csv",
		"gcs_path": "gs://local/org-one/grp-one/x", "status": 0, "error_reason": null, "validated_at": null,
		"created_at": %q, "updated_at": %q,
		"user": {"id": "user-ada", "name": "Ada", "email": "ada@example.org"},
		"group": {"id": "grp-one", "name": "Kırıkkale"}
	}`, shown.ID, shown.CreatedAt, shown.UpdatedAt), got.body)
	require.Equal(t, 1, s.count(t))

	again := s.store(t, `{"file_name": "b", "gcs_path": "gs://local/org-one/grp-one/x"}`)
	require.JSONEq(t, got.body, again.body)
	require.Equal(t, 1, s.count(t))
}

func TestWhatMayBeAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, c := range map[string]struct {
		body   string
		header []string
		want   func(*rest.History) bool
	}{
		"longest texts": {
			body: fmt.Sprintf(`{"file_name": %q, "gcs_path": %q, "error_reason": %q}`,
				strings.Repeat("ş", 255), strings.Repeat("ğ", 2048), strings.Repeat("🚀", 255)),
			want: func(h *rest.History) bool { return *h.ErrorReason == strings.Repeat("🚀", 255) },
		},
		"blank reason": {
			body: `{"file_name": "a", "gcs_path": "b1", "error_reason": " \n"}`,
			want: func(h *rest.History) bool { return h.ErrorReason == nil },
		},
		"lines in a reason": {
			body: `{"file_name": "a", "gcs_path": "b2", "error_reason": "first\r\n\tsecond"}`,
			want: func(h *rest.History) bool { return *h.ErrorReason == "first\r\n\tsecond" },
		},
		"no type": {body: `{"file_name": "a", "gcs_path": "b3"}`, header: []string{"Content-Type", ""}},
		"character set": {
			body:   `{"file_name": "a", "gcs_path": "b4"}`,
			header: []string{"Content-Type", "application/json; charset=UTF-8"},
		},
		"another accept":     {body: `{"file_name": "a", "gcs_path": "b5"}`, header: []string{"Accept", "text/html"}},
		"other spelling too": {body: `{"file_name": "a", "gcs_path": "b6", "File_Name": 7, "FILE_NAME": null}`},
		"the last one counts": {
			body: `{"file_name": 5, "gcs_path": "b7", "file_name": "last"}`,
			want: func(h *rest.History) bool { return h.FileName == "last" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.store(t, c.body, c.header...)
			require.Equal(t, http.StatusOK, got.status, got.body)
			var shown rest.History
			require.NoError(t, json.Unmarshal([]byte(got.body), &shown))
			require.Zero(t, shown.Status)
			require.True(t, c.want == nil || c.want(&shown), got.body)
		})
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	field := func(name string, messages ...string) map[string][]string { return map[string][]string{name: messages} }
	with := func(member, value string) string {
		body := map[string]json.RawMessage{"file_name": []byte(`"a.csv"`), "gcs_path": []byte(`"gs://local/a"`)}
		body[member] = []byte(value)
		text, _ := json.Marshal(body)
		return string(text)
	}
	long := func(n int) string { return `"` + strings.Repeat("ş", n) + `"` }
	noBody := field("body", "The request body is not valid JSON.")
	noObject := field("body", "The request body must be a JSON object.")
	both := map[string][]string{"file_name": {nameRequired}, "gcs_path": {pathRequired}}
	tooLong := func(called string, most, is int) string {
		return fmt.Sprintf("The %s may not be longer than %d characters; it has %d.", called, most, is)
	}
	control := func(called string) string { return "The " + called + " may not contain control characters." }
	for _, c := range []struct {
		name, body string
		errors     map[string][]string
	}{
		{"no body", "", both},
		{"blank body", " \n", both},
		{"empty object", "{}", both},
		{"null", "null", noObject},
		{"list", `[{"file_name": "a", "gcs_path": "b"}]`, noObject},
		{"text", `"file_name"`, noObject},
		{"number", "5", noObject},
		{"half a body", `{"file_name": "a"`, noBody},
		{"two bodies", `{"file_name": "a", "gcs_path": "b"} {}`, noBody},
		{"form", "file_name=a&gcs_path=b", noBody},
		{"single quotes", `{'file_name': 'a'}`, noBody},
		{"comma too many", `{"file_name": "a", "gcs_path": "b",}`, noBody},
		{"not UTF-8", "{\"file_name\": \"\xff\", \"gcs_path\": \"b\"}", field("body", "The request body must be in UTF-8.")},

		{"name missing", `{"gcs_path": "b"}`, field("file_name", nameRequired)},
		{"name null", with("file_name", "null"), field("file_name", nameRequired)},
		{"name empty", with("file_name", `""`), field("file_name", nameRequired)},
		{"name blank", with("file_name", `" \t\n\u00a0"`), field("file_name", nameRequired)},
		{"name number", with("file_name", "5"), field("file_name", nameString)},
		{"name false", with("file_name", "false"), field("file_name", nameString)},
		{"name list", with("file_name", `["a"]`), field("file_name", nameString)},
		{"name object", with("file_name", `{"a": "b"}`), field("file_name", nameString)},
		{"name too long", with("file_name", long(256)), field("file_name", tooLong("file name", 255, 256))},
		{"name with NUL", with("file_name", `"a\u0000b"`), field("file_name", control("file name"))},
		{"name with line end", with("file_name", `"a\nb"`), field("file_name", control("file name"))},
		{"name with an override of direction", with("file_name", `"a\u202excod.exe"`), field("file_name", control("file name"))},
		{"name with an isolate", with("file_name", `"a\u2066b"`), field("file_name", control("file name"))},
		{"name in another spelling", `{"FILE_NAME": "a", "gcs_path": "b"}`, field("file_name", nameRequired)},

		{"path missing", `{"file_name": "a"}`, field("gcs_path", pathRequired)},
		{"path null", with("gcs_path", "null"), field("gcs_path", pathRequired)},
		{"path blank", with("gcs_path", `"  "`), field("gcs_path", pathRequired)},
		{"path number", with("gcs_path", "1e400"), field("gcs_path", pathString)},
		{"path true", with("gcs_path", "true"), field("gcs_path", pathString)},
		{"path list", with("gcs_path", "[]"), field("gcs_path", pathString)},
		{"path too long", with("gcs_path", long(2049)), field("gcs_path", tooLong("path", 2048, 2049))},
		{"path with an override of direction", with("gcs_path", `"gs://local/\u202e"`), field("gcs_path", control("path"))},
		{"path with DEL", with("gcs_path", `"a\u007fb"`), field("gcs_path", control("path"))},

		{"reason number", with("error_reason", "0"), field("error_reason", reasonString)},
		{"reason false", with("error_reason", "false"), field("error_reason", reasonString)},
		{"reason list", with("error_reason", `["a"]`), field("error_reason", reasonString)},
		{"reason object", with("error_reason", "{}"), field("error_reason", reasonString)},
		{"reason too long", with("error_reason", long(256)), field("error_reason", tooLong("error reason", 255, 256))},
		{"reason with escape", with("error_reason", `"\u001b[31m"`), field("error_reason", control("error reason"))},

		{"path huge", with("gcs_path", long(20_000)), field("gcs_path", tooLong("path", 2048, 20_000))},
		{"reason with an embedding", with("error_reason", `"a\u202ab"`), field("error_reason", control("error reason"))},
		{"everything", `{"file_name": [], "error_reason": 1}`, map[string][]string{
			"file_name": {nameString}, "gcs_path": {pathRequired}, "error_reason": {reasonString},
		}},
		{"two rules of one field", with("file_name", `"`+strings.Repeat("a", 255)+`\u0001b"`), field("file_name",
			tooLong("file name", 255, 257), control("file name"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := s.store(t, c.body)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
			requireInvalid(t, got, c.errors)
		})
	}
	t.Cleanup(func() { // after all of them
		require.Zero(t, s.count(t))
		require.Empty(t, s.logs.lines(t))
	})
}

func TestAHistoryThatCannotBeStoredIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := newServerOn(t, testdb.NewSQLite(t))
	_, err := s.db.Writer().ExecContext(t.Context(), "PRAGMA query_only = 1")
	require.NoError(t, err)
	s.Handler = withID(s.Handler)
	got := s.store(t, `{"file_name": "a.csv", "gcs_path": "gs://local/a b"}`, "X-Request-Id", "given-by-client")
	require.Equal(t, http.StatusBadRequest, got.status)
	require.JSONEq(t, `{"message": "The history could not be stored"}`, got.body)
	require.Equal(t, "5", got.header.Get("Retry-After"))

	lines := s.logs.lines(t)
	require.Len(t, lines, 1)
	require.Equal(t, "ERROR", lines[0]["level"])
	require.Equal(t, "given-by-client", lines[0]["request_id"])
	require.Equal(t, "user-ada", lines[0]["user"])
	require.Equal(t, "grp-one", lines[0]["group"])
	require.Equal(t, "gs://local/a b", lines[0]["path"])
	require.Contains(t, lines[0]["error"], "readonly")

	_, err = s.db.Writer().ExecContext(t.Context(), "PRAGMA query_only = 0")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, s.store(t, `{"file_name": "a.csv", "gcs_path": "gs://local/a b"}`).status)
	require.Len(t, s.logs.lines(t), 1)
}

func TestARefusedRowIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	stranger := ada
	stranger.UserID = "user-nobody"
	got := s.ask(t, &stranger, http.MethodPost, storePath, `{"file_name": "a.csv", "gcs_path": "gs://local/a"}`)
	require.Equal(t, http.StatusBadRequest, got.status)
	require.JSONEq(t, `{"message": "The history could not be stored"}`, got.body)
	require.Empty(t, got.header.Get("Retry-After"), "it would be refused again")
	require.NotEmpty(t, s.logs.lines(t)[0]["request_id"])
}

func TestBothAPIsStoreTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, reason := range []*string{nil, new("lost the connection")} {
		in := upload.StoreInput{FileName: " a.csv", GCSPath: "gs://local/direct", ErrorReason: reason}
		direct, err := s.uploads.Store(viewer.NewContext(t.Context(), ada), in)
		require.NoError(t, err)
		body, err := json.Marshal(map[string]any{
			"file_name": in.FileName, "gcs_path": "gs://local/rest", "error_reason": reason,
		})
		require.NoError(t, err)
		got := s.store(t, string(body))
		require.Equal(t, http.StatusOK, got.status)
		var shown rest.History
		require.NoError(t, json.Unmarshal([]byte(got.body), &shown))

		row := func(id int64) (h *ent.ReviewUploadHistory) {
			ctx := viewer.NewContext(t.Context(), viewer.Worker("test", "org-one"))
			require.NoError(t, s.db.Read(ctx, func(ctx context.Context) (err error) {
				h, err = s.db.Client().ReviewUploadHistory.Get(ctx, id)
				return err
			}))
			return h
		}
		one, two := row(direct.ID), row(shown.ID)
		two.ID, two.GcsPath, two.CreatedAt, two.UpdatedAt = one.ID, one.GcsPath, one.CreatedAt, one.UpdatedAt
		require.Equal(t, one.UniquePath == nil, two.UniquePath == nil)
		two.UniquePath = one.UniquePath
		wanted, err := json.Marshal(one)
		require.NoError(t, err)
		found, err := json.Marshal(two)
		require.NoError(t, err)
		require.JSONEq(t, string(wanted), string(found))
		require.Equal(t, direct.CreatedAt.UTC().Format("2006"), shown.CreatedAt[:4])
	}
}
