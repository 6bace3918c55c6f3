package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/event"
	"entrepot/internal/testdb"
	"entrepot/rest"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// queue takes every job and does none.
type queue struct{}

func (queue) EnqueueCheck(context.Context, string, int64) error   { return nil }
func (queue) EnqueueImport(context.Context, string, string) error { return nil }

// logs is a log that may be written and read at once.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines are the records so far.
func (l *logs) lines(t *testing.T) (records []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		records = append(records, record)
	}
	return records
}

// server is the mounted API over a real database and bucket; asking is who asks.
type server struct {
	http.Handler
	db      *database.DB
	uploads *upload.Uploads
	logs    *logs
}

const storePath = "/api/v1/general/upload-file/gcs/upload-history"

var ada = viewer.Viewer{UserID: "user-ada", OrganizationID: "org-one", GroupID: "grp-one", Role: viewer.RoleCollector}

// askingKey carries who asks to the middleware that stands in for package auth.
type askingKey struct{}

func newServer(t *testing.T) *server {
	t.Helper()
	return newServerOn(t, testdb.New(t))
}

func newServerOn(t *testing.T, db *database.DB) *server {
	t.Helper()
	s := &server{db: db, logs: &logs{}}
	bucket, err := storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(t.TempDir()), Secret: bytes.Repeat([]byte("s"), 32),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	s.uploads, err = upload.New(upload.Config{DB: s.db, Bucket: bucket, Queue: queue{}, Bus: &event.Bus{}})
	require.NoError(t, err)

	ctx := viewer.NewContext(t.Context(), viewer.Worker("test", "org-one"))
	require.NoError(t, s.db.Do(ctx, "people", func(ctx context.Context) error {
		c := s.db.Client()
		c.Organization.Create().SetID("org-one").SetName("One").SetSlug("one").ExecX(ctx)
		c.Group.Create().SetID("grp-one").SetOrganizationID("org-one").SetName("Kırıkkale").ExecX(ctx)
		c.User.Create().SetID("user-ada").SetName("Ada").SetEmail("ada@example.org").ExecX(ctx)
		c.Membership.Create().SetOrganizationID("org-one").SetUserID("user-ada").SetRole(viewer.RoleCollector).ExecX(ctx)
		return nil
	}))

	router := chi.NewRouter()
	router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if v, ok := r.Context().Value(askingKey{}).(viewer.Viewer); ok {
				r = r.WithContext(viewer.NewContext(r.Context(), v))
			}
			next.ServeHTTP(w, r)
		})
	})
	require.NoError(t, rest.Mount(router, rest.Config{
		Uploads: s.uploads, DB: s.db, Logger: slog.New(slog.NewJSONHandler(s.logs, nil)),
	}))
	s.Handler = router
	return s
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) decode(t *testing.T) (body map[string]any) {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
	return body
}

func (s *server) ask(t *testing.T, v *viewer.Viewer, method, path, body string, header ...string) answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	if v != nil {
		request = request.WithContext(context.WithValue(request.Context(), askingKey{}, *v))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// store asks as Ada.
func (s *server) store(t *testing.T, body string, header ...string) answer {
	t.Helper()
	return s.ask(t, &ada, http.MethodPost, storePath, body, header...)
}

// count is how many histories there are. It may be called when the test's context has ended.
func (s *server) count(t *testing.T) (n int) {
	t.Helper()
	ctx := viewer.NewContext(context.WithoutCancel(t.Context()), viewer.Worker("test", "org-one"))
	require.NoError(t, s.db.Read(ctx, func(ctx context.Context) (err error) {
		n, err = s.db.Client().ReviewUploadHistory.Query().Count(ctx)
		return err
	}))
	return n
}

func TestMountNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	err := rest.Mount(chi.NewRouter(), rest.Config{})
	require.ErrorContains(t, err, "Uploads")
	require.ErrorContains(t, err, "DB")
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const good = `{"file_name": "a.csv", "gcs_path": "gs://local/a"}`
	nobody := s.ask(t, nil, http.MethodPost, storePath, good)
	require.Equal(t, http.StatusUnauthorized, nobody.status)
	require.JSONEq(t, `{"message": "Unauthenticated."}`, nobody.body)
	require.Equal(t, "Bearer", nobody.header.Get("WWW-Authenticate"))
	for _, path := range []string{"/api", "/api/", "/api/v1/nothing", "/api/v1/openapi.json", storePath} {
		require.Equal(t, http.StatusUnauthorized, s.ask(t, nil, http.MethodGet, path, "").status, path)
	}

	groupless, reader := ada, ada
	groupless.GroupID = ""
	reader.Role = viewer.RoleViewer
	for _, v := range []viewer.Viewer{groupless, reader} {
		for _, body := range []string{good, "{}", "{"} { // before the input is looked at
			got := s.ask(t, &v, http.MethodPost, storePath, body)
			require.Equal(t, http.StatusForbidden, got.status)
			require.Contains(t, got.decode(t)["message"], "Ask an owner")
			require.NotContains(t, got.decode(t), "errors")
		}
	}
	require.Zero(t, s.count(t))
	require.Empty(t, s.logs.lines(t))
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/api/v1/nothing", http.StatusNotFound},
		{http.MethodPost, storePath + "/1", http.StatusNotFound},
		{http.MethodGet, storePath, http.StatusMethodNotAllowed},
		{http.MethodDelete, storePath, http.StatusMethodNotAllowed},
	} {
		got := s.ask(t, &ada, c.method, c.path, "")
		require.Equal(t, c.status, got.status, c.path)
		require.NotEmpty(t, got.decode(t)["message"])
		require.Len(t, got.decode(t), 1)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodGet, "/healthz", "").status)
	require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodGet, "/readyz", "").status)
	require.Empty(t, s.logs.lines(t))
	require.NoError(t, s.db.Close())
	for range 3 {
		got := s.ask(t, nil, http.MethodGet, "/readyz", "")
		require.Equal(t, http.StatusServiceUnavailable, got.status)
		require.JSONEq(t, `{"message": "The database does not answer."}`, got.body)
		require.NotEmpty(t, got.header.Get("Retry-After"))
	}
	require.Len(t, s.logs.lines(t), 1, "the change, not every question")
	require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodGet, "/healthz", "").status)
}

func TestTheDocumentDescribesWhatIsServed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.ask(t, &ada, http.MethodGet, "/api/v1/openapi.json", "")
	require.Equal(t, http.StatusOK, got.status)
	var document map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.body), &document))
	require.Equal(t, "3.1.0", document["openapi"])
	dig := func(keys ...string) any {
		var at any = document
		for _, key := range keys {
			at = at.(map[string]any)[key]
		}
		return at
	}
	require.Equal(t, "/api", document["servers"].([]any)[0].(map[string]any)["url"])
	path := []string{"paths", strings.TrimPrefix(storePath, "/api"), "post"}
	responses := dig(append(path, "responses")...).(map[string]any)
	for _, status := range []string{"200", "400", "401", "403", "413", "415", "422"} {
		require.Contains(t, responses, status)
	}
	require.Contains(t, got.body, `"$ref":"#/components/schemas/Problem"`)
	require.NotContains(t, got.body, "ErrorModel")

	body := []string{"components", "schemas", "StoreHistoryBody"}
	require.ElementsMatch(t, []any{"file_name", "gcs_path"}, dig(append(body, "required")...))
	require.EqualValues(t, 255, dig(append(body, "properties", "file_name", "maxLength")...))
	require.Equal(t, "string", dig(append(body, "properties", "file_name", "type")...))
	require.EqualValues(t, 2048, dig(append(body, "properties", "gcs_path", "maxLength")...))
	require.ElementsMatch(t, []any{"string", "null"}, dig(append(body, "properties", "error_reason", "type")...))
	require.Equal(t, true, dig(append(body, "additionalProperties")...), "other members are ignored")
	history := dig("components", "schemas", "History", "properties").(map[string]any)
	require.Len(t, history, 12)
}

// withID is the router's own request id.
func withID(h http.Handler) http.Handler { return middleware.RequestID(h) }
