package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/catalog"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/download"
	"entrepot/event"
	"entrepot/graph"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/queue"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// world is the whole server behind /graphql, all real but for sign-in, with two organizations in it.
type world struct {
	t      testing.TB
	db     *database.DB
	bus    *event.Bus
	bucket *storage.Bucket
	server *httptest.Server
	tokens *auth.Authenticator
	clock  clock // of the tokens
	log    *lines
	owners string // URL of the role that owns the tables; PostgreSQL only

	statements statements

	// rightsInterval is an hour where a test does not set it; renewing is whether rights can be read.
	rightsInterval time.Duration
	renewing       atomic.Bool

	// stop ends what streams, as a server that stops does.
	stop context.CancelFunc

	// The members: of organization a, one per role in group a1, a collector in a2 and one without a group, and the owner
	// of organization b in group b1.
	reader, collector, manager, owner, otherGroup, noGroup, foreigner viewer.Viewer
}

// clock is one that a test sets forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// statements counts what people's requests send to the database; background work does not count.
type statements struct {
	mu  sync.Mutex
	all []string
}

func (s *statements) add(ctx context.Context, query string) {
	if v, ok := viewer.FromContext(ctx); !ok || v.Component != "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, query)
}

// during is what reached the database while f ran.
func (s *statements) during(f func()) []string {
	s.mu.Lock()
	before := len(s.all)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.all[before:]...)
}

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// idle runs a test on each database in a world whose queue does not run, so that nothing changes but by the test.
func idle(t *testing.T, f func(t *testing.T, w *world)) { t.Helper(); each(t, false, f) }

// working runs a test on each database in a world whose jobs run.
func working(t *testing.T, f func(t *testing.T, w *world)) { t.Helper(); each(t, true, f) }

func each(t *testing.T, work bool, f func(t *testing.T, w *world), prepare ...func(*world)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB, ...testdb.Option) *database.DB{
		"sqlite": testdb.NewSQLite, "postgres": testdb.NewPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, bus: &event.Bus{}, log: &lines{}, rightsInterval: time.Hour}
			for _, p := range prepare {
				p(w)
			}
			var url string // of PostgreSQL
			w.db = open(t, testdb.OnStatement(w.statements.add), testdb.With(func(c *database.Config) {
				url, w.owners = c.URL, c.MigrateURL
			}))
			w.build(work, url)
			f(t, w)
		})
	}
}

// build puts the server around the database.
func (w *world) build(work bool, url string) {
	t := w.t
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	mux := http.NewServeMux()
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)

	var err error
	if w.bucket == nil {
		w.bucket, err = storage.Open(t.Context(), storage.Config{
			URL: storage.FileURL(t.TempDir()), Secret: bytes.Repeat([]byte{7}, 32), PublicURL: w.server.URL + "/bucket",
		})
		require.NoError(t, err)
	}
	t.Cleanup(func() { _ = w.bucket.Close() })
	jobs, err := queue.New(queue.Config{DB: w.db, ListenURL: url, ConcurrentImports: 2, Alone: true, Logger: logger})
	require.NoError(t, err)
	runs, err := importer.New(importer.Config{DB: w.db, Bucket: w.bucket, Queue: jobs, Bus: w.bus, Logger: logger})
	require.NoError(t, err)
	uploads, err := upload.New(upload.Config{
		DB: w.db, Bucket: w.bucket, Queue: jobs, Bus: w.bus, Limits: definition.DefaultLimits(), Logger: logger,
	})
	require.NoError(t, err)
	definitions, err := catalog.New(catalog.Config{DB: w.db, Compiler: importer.Compiler{}})
	require.NoError(t, err)
	downloads, err := download.New(download.Config{
		DB: w.db, Secret: bytes.Repeat([]byte{7}, 32), PublicURL: w.server.URL + "/download", Logger: logger,
	})
	require.NoError(t, err)
	w.tokens, err = auth.New(auth.Config{DB: w.db, Secret: bytes.Repeat([]byte{7}, 32), Now: w.clock.now, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(w.tokens.Close)
	w.renewing.Store(true)
	handler, err := graph.New(graph.Config{
		DB: w.db, Bus: w.bus, Uploads: uploads, Importer: runs, Catalog: definitions, Downloads: downloads,
		Tokens: w.tokens, Limits: definition.DefaultLimits(),
		Logger: logger, Introspection: true,
		Authenticate: func(ctx context.Context, payload map[string]any) (viewer.Viewer, error) {
			if text, ok := payload["viewer"].(string); ok {
				return decode(text)
			}
			return w.tokens.WebSocketViewer(ctx, payload)
		},
		Renewed: func(ctx context.Context, organization string, viewers []viewer.Viewer) ([]viewer.Viewer, error) {
			if !w.renewing.Load() {
				return nil, database.ErrClosed
			}
			return w.tokens.Renewed(ctx, organization, viewers)
		},
		RightsInterval: w.rightsInterval,
	})
	require.NoError(t, err)
	stopping, stop := context.WithCancel(context.Background())
	w.stop = stop
	t.Cleanup(stop)
	mux.Handle("/bucket", w.bucket.Handler())
	mux.Handle("/download", downloads.Handler())
	mux.Handle("/graphql", w.tokens.Middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if v, err := decode(r.Header.Get("Test-Viewer")); err == nil {
			r = r.WithContext(viewer.NewContext(r.Context(), v))
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		handler.ServeHTTP(rw, r.WithContext(ctx))
	})))
	w.people()
	if work {
		require.NoError(t, jobs.Start(t.Context(), runs, uploads))
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			require.NoError(t, jobs.Stop(ctx))
		})
	}
}

func encode(v viewer.Viewer) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func decode(text string) (v viewer.Viewer, err error) {
	err = json.Unmarshal([]byte(text), &v)
	return v, err
}

func (w *world) people() {
	a, b := prefixid.New(prefixid.Organization), prefixid.New(prefixid.Organization)
	member := func(ctx context.Context, org, group, name string, role viewer.Role) viewer.Viewer {
		c := w.db.Client()
		u := c.User.Create().SetName(name).SetEmail(name + "@example.org").SaveX(ctx)
		c.Membership.Create().SetOrganizationID(org).SetUserID(u.ID).SetRole(role).ExecX(ctx)
		if group != "" {
			c.GroupMembership.Create().SetOrganizationID(org).SetGroupID(group).SetUserID(u.ID).ExecX(ctx)
		}
		return viewer.Viewer{UserID: u.ID, OrganizationID: org, GroupID: group, Role: role}
	}
	w.as(a, func(ctx context.Context) {
		c := w.db.Client()
		c.Organization.Create().SetID(a).SetName("A").SetSlug("a").ExecX(ctx)
		a1 := c.Group.Create().SetOrganizationID(a).SetName("A1").SaveX(ctx).ID
		a2 := c.Group.Create().SetOrganizationID(a).SetName("A2").SaveX(ctx).ID
		w.reader = member(ctx, a, a1, "reader", viewer.RoleViewer)
		w.collector = member(ctx, a, a1, "collector", viewer.RoleCollector)
		w.manager = member(ctx, a, a1, "manager", viewer.RoleManager)
		w.owner = member(ctx, a, a1, "owner", viewer.RoleOwner)
		w.otherGroup = member(ctx, a, a2, "other", viewer.RoleCollector)
		w.noGroup = member(ctx, a, "", "nogroup", viewer.RoleCollector)
	})
	w.as(b, func(ctx context.Context) {
		c := w.db.Client()
		c.Organization.Create().SetID(b).SetName("B").SetSlug("b").ExecX(ctx)
		b1 := c.Group.Create().SetOrganizationID(b).SetName("B1").SaveX(ctx).ID
		w.foreigner = member(ctx, b, b1, "foreigner", viewer.RoleOwner)
	})
}

// as runs f in a transaction as the server does for an organization.
func (w *world) as(organization string, f func(ctx context.Context)) {
	w.t.Helper()
	ctx := viewer.NewContext(context.Background(), viewer.Worker("test", organization))
	require.NoError(w.t, w.db.Do(ctx, "test", func(ctx context.Context) error {
		f(ctx)
		return nil
	}))
}

// system is as for organization a.
func (w *world) system(f func(ctx context.Context)) {
	w.t.Helper()
	w.as(w.collector.OrganizationID, f)
}

// object is a JSON object.
type object = map[string]any

// answer is what a document came back with.
type answer struct {
	Status int
	Data   object
	Errors []struct {
		Message    string
		Path       []any
		Extensions object
	}
}

// code is the code of the first top-level error.
func (a answer) code() any {
	if len(a.Errors) == 0 {
		return nil
	}
	return a.Errors[0].Extensions["code"]
}

// at digs for a value: keys and indexes.
func (a answer) at(path ...any) any {
	var v any = a.Data
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(object)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// ask sends a document as v.
func (w *world) ask(v viewer.Viewer, document string, variables object) answer {
	w.t.Helper()
	return w.send(v, object{"query": document, "variables": variables})
}

// send posts a body as v.
func (w *world) send(v viewer.Viewer, request object) answer {
	w.t.Helper()
	body, err := json.Marshal(request)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Test-Viewer", encode(v))
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	a := answer{Status: response.StatusCode}
	require.NoError(w.t, json.Unmarshal(text, &a), string(text))
	return a
}

// must is ask without errors.
func (w *world) must(v viewer.Viewer, document string, variables object) answer {
	w.t.Helper()
	a := w.ask(v, document, variables)
	require.Empty(w.t, a.Errors, w.log.String())
	return a
}

const sums = `mutation ($name: String!) { createImportDefinition(input: {
	name: $name
	inputSchema: [{name: "site", type: STRING, role: SITE_IDENTIFIER}, {name: "date", type: DATE, role: PERIOD}, {name: "kwh", type: NUMBER}]
	outputSchema: [{key: "kwh", aggregate: SUM, column: "kwh", periodUnit: MONTHLY, formElementId: "form-1"}]
}) { importDefinition { id version } userErrors { code field message } } }`

// define makes a definition that sums kwh per site and month.
func (w *world) define(v viewer.Viewer, name string) string {
	w.t.Helper()
	a := w.must(v, sums, object{"name": name})
	require.Empty(w.t, a.at("createImportDefinition", "userErrors"))
	return a.at("createImportDefinition", "importDefinition", "id").(string)
}

// upload puts a file into the bucket as a client does, and stores its history.
func (w *world) upload(v viewer.Viewer, name, content string) string {
	w.t.Helper()
	a := w.must(v, `mutation ($in: CreateUploadInput!) { createUpload(input: $in) {
		gcsPath method url headers { name value } userErrors { code message } } }`,
		object{"in": object{"fileName": name, "size": len(content), "contentType": "text/csv"}})
	require.Empty(w.t, a.at("createUpload", "userErrors"))
	r, err := http.NewRequestWithContext(context.Background(), a.at("createUpload", "method").(string),
		a.at("createUpload", "url").(string), strings.NewReader(content))
	require.NoError(w.t, err)
	for _, h := range a.at("createUpload", "headers").([]any) {
		r.Header.Set(h.(object)["name"].(string), h.(object)["value"].(string))
	}
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	response.Body.Close()
	require.Equal(w.t, http.StatusOK, response.StatusCode)
	return w.store(v, name, a.at("createUpload", "gcsPath").(string))
}

func (w *world) store(v viewer.Viewer, name, path string) string {
	w.t.Helper()
	a := w.must(v, `mutation ($in: StoreUploadHistoryInput!) { storeUploadHistory(input: $in) {
		uploadHistory { id status } userErrors { code message } } }`,
		object{"in": object{"fileName": name, "gcsPath": path}})
	require.Empty(w.t, a.at("storeUploadHistory", "userErrors"))
	require.Equal(w.t, "NOTYET", a.at("storeUploadHistory", "uploadHistory", "status"))
	return a.at("storeUploadHistory", "uploadHistory", "id").(string)
}

// start starts an import.
func (w *world) start(v viewer.Viewer, input object) string {
	w.t.Helper()
	a := w.must(v, `mutation ($in: StartImportInput!) { startImport(input: $in) {
		import { id status } userErrors { code field message } } }`, object{"in": input})
	require.Empty(w.t, a.at("startImport", "userErrors"))
	return a.at("startImport", "import", "id").(string)
}

// finish waits for an import's final state, over a subscription.
func (w *world) finish(v viewer.Viewer, id string) object {
	w.t.Helper()
	events := w.subscribe(v, `subscription ($id: ID) { importStatusChanged(importId: $id) {
		id status error errorCode rowCount acceptedRowCount rejectedRowCount blankRowCount resultCount progress attempt } }`,
		object{"id": id})
	var last object
	for e := range events {
		require.Empty(w.t, e.Errors)
		last = e.at("importStatusChanged").(object)
	}
	require.NotNil(w.t, last)
	return last
}

// subscribe reads a subscription's messages by server-sent events until it completes or the test ends.
func (w *world) subscribe(v viewer.Viewer, document string, variables object) <-chan answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	w.t.Cleanup(cancel)
	body, err := json.Marshal(object{"query": document, "variables": variables})
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/graphql", bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Test-Viewer", encode(v))
	response, err := w.server.Client().Do(r)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, response.StatusCode)
	out := make(chan answer, 1000)
	go func() {
		defer close(out)
		defer response.Body.Close()
		readEvents(response.Body, out)
	}()
	return out
}
