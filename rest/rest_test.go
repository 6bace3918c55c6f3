package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/internal/testdb"
	"entrepot/rest"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// queue counts the jobs of transactions that were committed, and does none.
type queue struct{ checks atomic.Int64 }

func (q *queue) EnqueueCheck(ctx context.Context, _ string, _ int64) error {
	database.AfterCommit(ctx, func() { q.checks.Add(1) })
	return nil
}

func (*queue) EnqueueImport(context.Context, string, string) error { return nil }

func (*queue) EnqueueErase(context.Context, string, []string) error { return nil }

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

// server is the mounted API over a real database and bucket. Requests name who asks; see ask.
type server struct {
	http.Handler
	db      *database.DB
	bucket  *storage.Bucket
	queue   *queue
	uploads *upload.Uploads
	logs    *logs
}

var public = &url.URL{Scheme: "https", Host: "entrepot.example"}

const (
	root      = "/api/v1/general/upload-file/gcs"
	signPath  = root + "/signed-url"
	storePath = root + "/upload-history"
	listPath  = root + "/histories/list"
)

// Ada and Bob are in one organization, in groups of their own; Eve is in another one.
var (
	ada = viewer.Viewer{UserID: "user-ada", OrganizationID: "org-one", GroupID: "grp-one", Role: viewer.RoleCollector}
	bob = viewer.Viewer{UserID: "user-bob", OrganizationID: "org-one", GroupID: "grp-two", Role: viewer.RoleOwner}
	eve = viewer.Viewer{UserID: "user-eve", OrganizationID: "org-two", GroupID: "grp-eve", Role: viewer.RoleOwner}
)

// askingKey carries who asks to the middleware that stands in for package auth.
type askingKey struct{}

func withAsking(ctx context.Context, v viewer.Viewer) context.Context {
	return context.WithValue(ctx, askingKey{}, v)
}

func newServer(t *testing.T) *server {
	t.Helper()
	return newServerOn(t, testdb.New(t))
}

func newServerOn(t *testing.T, db *database.DB) *server {
	t.Helper()
	s := &server{db: db, queue: &queue{}, logs: &logs{}}
	var err error
	s.bucket, err = storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(t.TempDir()), Secret: bytes.Repeat([]byte("s"), 32), PublicURL: public.JoinPath("bucket").String(),
		MaxBytes: definition.DefaultLimits().MaxFileBytes,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.bucket.Close() }) // some tests do
	s.uploads, err = upload.New(upload.Config{DB: s.db, Bucket: s.bucket, Queue: s.queue, Bus: &event.Bus{}})
	require.NoError(t, err)
	s.people(t)

	router := chi.NewRouter()
	router.Use(asAsked)
	require.NoError(t, rest.Mount(router, rest.Config{
		Uploads: s.uploads, DB: s.db, PublicURL: public, Logger: slog.New(slog.NewJSONHandler(s.logs, nil)),
	}))
	router.Handle("/*", http.NotFoundHandler()) // whatever the server has besides
	s.Handler = router
	return s
}

// asAsked stands in for package auth.
func asAsked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, ok := r.Context().Value(askingKey{}).(viewer.Viewer); ok {
			r = r.WithContext(viewer.NewContext(r.Context(), v))
		}
		next.ServeHTTP(w, r)
	})
}

// holding stores when it is let.
type holding struct {
	rest.Uploads
	entered, leave chan struct{}
}

func (h *holding) Store(ctx context.Context, in upload.StoreInput) (*ent.ReviewUploadHistory, error) {
	h.entered <- struct{}{}
	<-h.leave
	return h.Uploads.Store(ctx, in)
}

func (s *server) people(t *testing.T) {
	t.Helper()
	names := map[string]string{"grp-one": "Kırıkkale", "grp-two": "Two", "grp-eve": "Three"}
	for organization, people := range map[string][]viewer.Viewer{"org-one": {ada, bob}, "org-two": {eve}} {
		s.as(t, viewer.Worker("test", organization), func(ctx context.Context, c *ent.Client) {
			c.Organization.Create().SetID(organization).SetName(organization).SetSlug(organization).ExecX(ctx)
			for _, v := range people {
				name := strings.ToUpper(v.UserID[5:6]) + v.UserID[6:]
				c.Group.Create().SetID(v.GroupID).SetOrganizationID(organization).SetName(names[v.GroupID]).ExecX(ctx)
				c.User.Create().SetID(v.UserID).SetName(name).SetEmail(strings.ToLower(name) + "@example.org").ExecX(ctx)
				c.Membership.Create().SetOrganizationID(organization).SetUserID(v.UserID).SetRole(v.Role).ExecX(ctx)
				c.GroupMembership.Create().SetOrganizationID(organization).SetGroupID(v.GroupID).SetUserID(v.UserID).ExecX(ctx)
			}
		})
	}
}

// as changes or reads the database as somebody. It may be called when the test's context has ended.
func (s *server) as(t *testing.T, v viewer.Viewer, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	ctx := viewer.NewContext(context.WithoutCancel(t.Context()), v)
	require.NoError(t, s.db.Do(ctx, "test", func(ctx context.Context) error {
		f(ctx, s.db.Client())
		return nil
	}))
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
		request = request.WithContext(withAsking(request.Context(), *v))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request)
	requireDocumented(t, s.Handler, method, path, w.Code)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// store asks as Ada.
func (s *server) store(t *testing.T, body string, header ...string) answer {
	t.Helper()
	return s.ask(t, &ada, http.MethodPost, storePath, body, header...)
}

// count is how many histories there are; each has its job.
func (s *server) count(t *testing.T) (n int) {
	t.Helper()
	s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
		n = c.ReviewUploadHistory.Query().CountX(ctx)
	})
	require.EqualValues(t, n, s.queue.checks.Load(), "jobs")
	return n
}

// issued is how many upload URLs were recorded.
func (s *server) issued(t *testing.T) (n int) {
	t.Helper()
	s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
		n = c.IssuedUpload.Query().CountX(ctx)
	})
	return n
}

func TestMountNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	err := rest.Mount(chi.NewRouter(), rest.Config{})
	require.ErrorContains(t, err, "Uploads")
	require.ErrorContains(t, err, "DB")
	require.ErrorContains(t, err, "PublicURL")
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const good = `{"file_name": "a.csv", "gcs_path": "gs://local/a"}`
	nobody := s.ask(t, nil, http.MethodPost, storePath, good)
	require.Equal(t, http.StatusUnauthorized, nobody.status)
	require.JSONEq(t, `{"message": "Unauthenticated."}`, nobody.body)
	require.Equal(t, "Bearer", nobody.header.Get("WWW-Authenticate"))
	for _, path := range []string{"/api", "/api/", "/api/v1/nothing", storePath, listPath} {
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
		allow        string
	}{
		{http.MethodGet, "/api/v1/nothing", http.StatusNotFound, ""},
		{http.MethodPost, storePath + "/1", http.StatusNotFound, ""},
		{http.MethodGet, listPath + "/", http.StatusNotFound, ""},
		{http.MethodGet, storePath, http.StatusMethodNotAllowed, "POST"},
		{http.MethodHead, signPath, http.StatusMethodNotAllowed, "POST"},
		{http.MethodDelete, storePath, http.StatusMethodNotAllowed, "POST"},
		{http.MethodPost, listPath, http.StatusMethodNotAllowed, "GET, HEAD"},
		{http.MethodPut, root + "/histories/1", http.StatusMethodNotAllowed, "GET, HEAD"},
	} {
		got := s.ask(t, &ada, c.method, c.path, "")
		require.Equal(t, c.status, got.status, c.path)
		require.Equal(t, c.allow, strings.Join(got.header.Values("Allow"), ", "), c.path)
		require.NotEmpty(t, got.decode(t)["message"])
		require.Len(t, got.decode(t), 1)
	}
}

func TestWhatIsAskedByHeadIsThatOfGet(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.ask(t, &ada, http.MethodHead, listPath, "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodHead, "/healthz", "").status)
	require.Equal(t, http.StatusOK, s.ask(t, nil, http.MethodHead, "/readyz", "").status)
	require.NoError(t, s.db.Close())
	require.Equal(t, http.StatusServiceUnavailable, s.ask(t, nil, http.MethodHead, "/readyz", "").status)
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

// withID is the router's own request id.
func withID(h http.Handler) http.Handler { return middleware.RequestID(h) }
