package upload_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/internal/testdb"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// jobs records what was enqueued, when the transaction that it was enqueued in commits.
type jobs struct {
	mu      sync.Mutex
	checks  []string
	imports []string
	erases  [][]string
	err     error
}

func (j *jobs) EnqueueCheck(ctx context.Context, organizationID string, historyID int64) error {
	return j.add(ctx, &j.checks, fmt.Sprint(organizationID, " ", historyID))
}

func (j *jobs) EnqueueImport(ctx context.Context, organizationID, importID string) error {
	return j.add(ctx, &j.imports, organizationID+" "+importID)
}

func (j *jobs) EnqueueErase(ctx context.Context, organizationID string, keys []string) error {
	if err := j.add(ctx, new([]string), "erase"); err != nil {
		return err
	}
	database.AfterCommit(ctx, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.erases = append(j.erases, append([]string{organizationID}, keys...))
	})
	return nil
}

func (j *jobs) add(ctx context.Context, list *[]string, job string) error {
	if database.Tx(ctx) == nil {
		return fmt.Errorf("job %s outside of a transaction", job)
	}
	if j.err != nil {
		return j.err
	}
	database.AfterCommit(ctx, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		*list = append(*list, job)
	})
	return nil
}

// house is two organizations, the first with two groups, and everything that the commands need.
type house struct {
	*upload.Uploads
	db     *database.DB
	bucket *storage.Bucket
	jobs   *jobs
	bus    *event.Bus
	now    time.Time
}

const (
	org, otherOrg    = "org-one", "org-two"
	group, nextGroup = "grp-one", "grp-next"
	otherGroup       = "grp-two"
	ada, bob, eve    = "user-ada", "user-bob", "user-eve"
)

func newHouse(t *testing.T, change ...func(*upload.Config)) *house {
	t.Helper()
	return newHouseOn(t, testdb.New(t), change...)
}

// onEach runs a test in a house on each kind of database.
func onEach(t *testing.T, f func(t *testing.T, h *house), change ...func(*upload.Config)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) { f(t, newHouseOn(t, db, change...)) })
}

func newHouseOn(t *testing.T, db *database.DB, change ...func(*upload.Config)) *house {
	t.Helper()
	h := &house{
		db: db, jobs: &jobs{}, bus: &event.Bus{},
		now: time.Date(2026, 11, 21, 12, 0, 0, 123_000_000, time.UTC),
	}
	var err error
	h.bucket, err = storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(t.TempDir()), Secret: bytes.Repeat([]byte("s"), 32),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.bucket.Close() })
	server := httptest.NewServer(h.bucket.Handler())
	t.Cleanup(server.Close)
	require.NoError(t, h.bucket.SetPublicURL(server.URL))

	limits := definition.DefaultLimits()
	limits.MaxFileBytes = 1 << 20
	config := upload.Config{
		DB: h.db, Bucket: h.bucket, Queue: h.jobs, Bus: h.bus, Limits: limits, Now: func() time.Time { return h.now },
	}
	for _, f := range change {
		f(&config)
	}
	h.Uploads, err = upload.New(config)
	require.NoError(t, err)
	h.people(t)
	return h
}

func (h *house) people(t *testing.T) {
	t.Helper()
	for _, o := range []struct {
		id            string
		groups, users []string
	}{
		{org, []string{group, nextGroup}, []string{ada, bob}}, {otherOrg, []string{otherGroup}, []string{eve}},
	} {
		require.NoError(t, h.db.Do(system(t, o.id), "people", func(ctx context.Context) error {
			c := h.db.Client()
			c.Organization.Create().SetID(o.id).SetName(o.id).SetSlug(o.id).ExecX(ctx)
			for _, id := range o.groups {
				c.Group.Create().SetID(id).SetOrganizationID(o.id).SetName("Group " + id).ExecX(ctx)
			}
			for _, id := range o.users {
				c.User.Create().SetID(id).SetName("Name " + id).SetEmail(id + "@example.org").ExecX(ctx)
				c.Membership.Create().SetOrganizationID(o.id).SetUserID(id).SetRole(viewer.RoleCollector).ExecX(ctx)
			}
			return nil
		}))
	}
}

// as is somebody's context.
func as(t *testing.T, user, organization, group string) context.Context {
	return viewer.NewContext(t.Context(), viewer.Viewer{
		UserID: user, OrganizationID: organization, GroupID: group, Role: viewer.RoleCollector,
	})
}

func asAda(t *testing.T) context.Context { return as(t, ada, org, group) }

// put uploads a file as its client does, and gives its path.
func (h *house) put(t *testing.T, ctx context.Context, name, content string) string {
	t.Helper()
	issued, err := h.Create(ctx, upload.CreateInput{FileName: name, Size: int64(len(content))})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, send(t, issued, content))
	return issued.GCSPath
}

func send(t *testing.T, issued upload.Issued, content string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), issued.Method, issued.URL, strings.NewReader(content))
	require.NoError(t, err)
	for _, header := range issued.Headers {
		request.Header.Set(header.Name, header.Value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// write puts a file into the bucket without any announcement.
func (h *house) write(t *testing.T, key, content string) string {
	t.Helper()
	w, err := h.bucket.NewWriter(t.Context(), key)
	require.NoError(t, err)
	defer w.Abort()
	_, err = w.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return h.bucket.Path(key)
}

func (h *house) store(t *testing.T, ctx context.Context, path string) *ent.ReviewUploadHistory {
	t.Helper()
	stored, err := h.Store(ctx, upload.StoreInput{FileName: "data.csv", GCSPath: path})
	require.NoError(t, err)
	return stored
}

// check runs the job and gives the history as it is then.
func (h *house) check(t *testing.T, stored *ent.ReviewUploadHistory) *ent.ReviewUploadHistory {
	t.Helper()
	require.NoError(t, h.Check(t.Context(), stored.OrganizationID, stored.ID))
	return h.read(t, stored.ID)
}

func (h *house) read(t *testing.T, id int64) *ent.ReviewUploadHistory {
	t.Helper()
	for _, h := range h.all(t) {
		if h.ID == id {
			return h
		}
	}
	require.Fail(t, "there is no such history")
	return nil
}

// count is how many histories there are.
func (h *house) count(t *testing.T) int {
	t.Helper()
	return len(h.all(t))
}

func (h *house) all(t *testing.T) (found []*ent.ReviewUploadHistory) {
	t.Helper()
	for _, organization := range []string{org, otherOrg} {
		require.NoError(t, h.db.Read(system(t, organization), func(ctx context.Context) error {
			of, err := h.db.Client().ReviewUploadHistory.Query().All(ctx)
			found = append(found, of...)
			return err
		}))
	}
	return found
}

func pointer[T any](v T) *T { return &v }

func TestNewNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := upload.New(upload.Config{
		Limits: definition.Limits{MaxFileBytes: 1}, Retention: upload.Retention{Results: -1},
	})
	for _, name := range []string{"DB", "Bucket", "Queue", "Bus", "UploadURLSeconds", "Retention"} {
		require.ErrorContains(t, err, name)
	}
}

func get(t *testing.T, address string) (body string, header http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content), response.Header
}
