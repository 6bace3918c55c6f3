package importer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/storage"
	"entrepot/viewer"
)

// jobs records what is enqueued; tests run the jobs themselves.
type jobs struct {
	mu   sync.Mutex
	list []string
	err  error
}

func (j *jobs) EnqueueImport(_ context.Context, _, importID string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, importID)
	return j.err
}

func (j *jobs) ids() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.list...)
}

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is an organization with a group and a collector in it, and everything that an import needs, all real.
type world struct {
	*importer.Importer
	t      testing.TB
	db     *database.DB
	bucket *storage.Bucket
	queue  *jobs
	bus    *event.Bus
	clock  *clock
	log    *lines
	folder string // of the bucket

	org, group, otherGroup, user string
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

func newWorld(t testing.TB, change ...func(*importer.Config)) *world {
	t.Helper()
	return newWorldOn(t, testdb.New(t), change...)
}

func newWorldOn(t testing.TB, db *database.DB, change ...func(*importer.Config)) *world {
	t.Helper()
	w := &world{
		t: t, db: db, queue: &jobs{}, bus: &event.Bus{}, log: &lines{}, folder: t.TempDir(),
		clock: &clock{at: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)},
	}
	var err error
	w.bucket, err = storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(w.folder), Secret: bytes.Repeat([]byte{1}, 32), PublicURL: "http://127.0.0.1/bucket",
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.bucket.Close() }) // some tests close it
	config := importer.Config{
		DB: w.db, Bucket: w.bucket, Queue: w.queue, Bus: w.bus, Now: w.clock.now,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)), Parallelism: 2,
	}
	for _, f := range change {
		f(&config)
	}
	w.Importer, err = importer.New(config)
	require.NoError(t, err)
	w.org = prefixid.New(prefixid.Organization)
	w.system(func(ctx context.Context) {
		c := w.db.Client()
		c.Organization.Create().SetID(w.org).SetName("Org").SetSlug(strings.ToLower(w.org)).ExecX(ctx)
		w.user = c.User.Create().SetName("Ada").SetEmail(strings.ToLower(w.org) + "@example.org").SaveX(ctx).ID
		c.Membership.Create().SetOrganizationID(w.org).SetUserID(w.user).SetRole(viewer.RoleCollector).ExecX(ctx)
		w.group = c.Group.Create().SetOrganizationID(w.org).SetName("A").SaveX(ctx).ID
		w.otherGroup = c.Group.Create().SetOrganizationID(w.org).SetName("B").SaveX(ctx).ID
	})
	return w
}

// system runs f in a transaction as a part of the server that acts for the organization.
func (w *world) system(f func(ctx context.Context)) {
	w.t.Helper()
	w.systemFor(w.org, f)
}

func (w *world) systemFor(organization string, f func(ctx context.Context)) {
	w.t.Helper()
	ctx := viewer.NewContext(context.Background(), viewer.Worker("test", organization))
	require.NoError(w.t, w.db.Do(ctx, "test", func(ctx context.Context) error {
		f(ctx)
		return nil
	}))
}

// person is a context of a member of the organization.
func (w *world) person(role viewer.Role, group string) context.Context {
	return viewer.NewContext(context.Background(), viewer.Viewer{
		UserID: w.user, OrganizationID: w.org, GroupID: group, Role: role,
	})
}

func (w *world) collector() context.Context { return w.person(viewer.RoleCollector, w.group) }

// put creates an object in the group's part of the bucket.
func (w *world) put(content []byte) (path string) {
	w.t.Helper()
	key := w.org + "/" + w.group + "/" + strings.ToLower(prefixid.New("obj"))
	writer, err := w.bucket.NewWriter(context.Background(), key)
	require.NoError(w.t, err)
	_, err = writer.Write(content)
	require.NoError(w.t, err)
	require.NoError(w.t, writer.Close())
	return w.bucket.Path(key)
}

// history records a file whose check succeeded; change may say otherwise.
func (w *world) history(path string, content []byte, change ...func(*ent.ReviewUploadHistoryCreate)) string {
	w.t.Helper()
	var id int64
	w.system(func(ctx context.Context) {
		create := w.db.Client().ReviewUploadHistory.Create().
			SetOrganizationID(w.org).SetGroupID(w.group).SetUserID(w.user).
			SetFileName("readings.csv").SetGcsPath(path).SetUniquePath(path).
			SetStatus(definition.UploadSuccess).SetValidatedAt(w.clock.now())
		if key, ok := w.bucket.Key(path); ok && content != nil {
			at, err := w.bucket.Attributes(ctx, key)
			require.NoError(w.t, err)
			sum := sha256.Sum256(content)
			create.SetFileSize(int64(len(content))).SetSha256(hex.EncodeToString(sum[:])).SetGeneration(at.Generation)
		}
		for _, f := range change {
			f(create)
		}
		id = create.SaveX(ctx).ID
	})
	return prefixid.FromNumber(prefixid.UploadHistory, id)
}

// upload is put and history.
func (w *world) upload(content string) string {
	w.t.Helper()
	return w.history(w.put([]byte(content)), []byte(content))
}

// define stores a definition of the organization.
func (w *world) define(v definition.Version) string {
	w.t.Helper()
	return w.defineFor(w.org, v)
}

func (w *world) defineFor(organization string, v definition.Version) (id string) {
	w.t.Helper()
	v = v.Normalize()
	require.Empty(w.t, v.Check())
	w.systemFor(organization, func(ctx context.Context) { id = w.defineIn(ctx, organization, v) })
	return id
}

func (w *world) defineIn(ctx context.Context, organization string, v definition.Version) string {
	c := w.db.Client()
	var code *string
	if v.Code != "" {
		code = &v.Code
	}
	d := c.ImportDefinition.Create().SetOrganizationID(organization).SetName("Readings " + prefixid.New("x")).
		SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).SetNillableProcessorCode(code).
		SetOnInvalidRow(v.OnInvalidRow).SetOnUnknownSite(v.OnUnknownSite).SaveX(ctx)
	c.ImportDefinitionVersion.Create().SetOrganizationID(organization).SetImportDefinitionID(d.ID).SetNumber(1).
		SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).SetNillableProcessorCode(code).
		SetOnInvalidRow(v.OnInvalidRow).SetOnUnknownSite(v.OnUnknownSite).ExecX(ctx)
	return d.ID
}

// site stores a site with its spellings.
func (w *world) site(key, name string, aliases ...string) (id string) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		c := w.db.Client()
		id = c.Site.Create().SetOrganizationID(w.org).SetKey(key).SetName(name).SetAliases(aliases).SaveX(ctx).ID
		seen := map[string]bool{}
		for _, spelling := range append([]string{key, name}, aliases...) {
			if n := definition.NormalizeName(spelling); !seen[n] {
				seen[n] = true
				c.SiteName.Create().SetOrganizationID(w.org).SetSiteID(id).SetNormalized(n).ExecX(ctx)
			}
		}
	})
	return id
}

// readings sums a reading per site and month.
func readings(change ...func(*definition.Version)) definition.Version {
	v := definition.Version{
		Columns: []definition.Column{
			{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier, Required: true},
			{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod, Required: true},
			{Name: "reading", Type: definition.TypeNumber, Required: true},
		},
		Outputs: []definition.Output{
			{Key: "total", PeriodUnit: definition.Monthly, Aggregate: definition.Sum, Column: "reading"},
			{Key: "rows", PeriodUnit: definition.Monthly, Aggregate: definition.Count},
		},
	}
	for _, f := range change {
		f(&v)
	}
	return v
}

func skip(v *definition.Version) { v.OnInvalidRow = definition.InvalidRowSkip }

func (w *world) start(history, definitionID string, change ...func(*importer.StartInput)) *ent.ImportRun {
	w.t.Helper()
	in := importer.StartInput{UploadHistoryID: history, ImportDefinitionID: definitionID}
	for _, f := range change {
		f(&in)
	}
	run, err := w.Start(w.collector(), in)
	require.NoError(w.t, err)
	return run
}

func (w *world) run(id string) {
	w.t.Helper()
	require.NoError(w.t, w.Run(context.Background(), w.org, id))
}

// imported starts an import and runs it to its end.
func (w *world) imported(content string, v definition.Version, change ...func(*importer.StartInput)) *ent.ImportRun {
	w.t.Helper()
	run := w.start(w.upload(content), w.define(v), change...)
	w.run(run.ID)
	return w.get(run.ID)
}

func (w *world) get(id string) (run *ent.ImportRun) {
	w.t.Helper()
	w.system(func(ctx context.Context) { run = w.db.Client().ImportRun.GetX(ctx, id) })
	return run
}

// results are the import's results as text: site, period and data.
func (w *world) results(id string) (all []string) {
	w.t.Helper()
	for _, r := range w.resultRows(id) {
		all = append(all, strings.Join([]string{
			r.SiteKey, string(r.PeriodUnit), itoa(r.Year), itoa(r.Period), string(r.ProcessedData), itoa(int(r.RowsProcessed)),
		}, " "))
	}
	return all
}

func (w *world) resultRows(id string) (rows []*ent.ImportResult) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		rows = w.db.Client().ImportResult.Query().Where(importresult.ImportID(id)).Order(
			importresult.BySiteKey(), importresult.ByPeriodUnit(), importresult.ByYear(), importresult.ByPeriod(),
		).AllX(ctx)
	})
	return rows
}

func (w *world) rowErrors(id string) (rows []*ent.ImportRowError) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		rows = w.db.Client().ImportRowError.Query().Where(importrowerror.ImportID(id)).
			Order(importrowerror.ByPosition()).AllX(ctx)
	})
	return rows
}

func (w *world) leases() (n int) {
	w.t.Helper()
	w.system(func(ctx context.Context) { n = w.db.Client().ImportLease.Query().CountX(ctx) })
	return n
}

func (w *world) imports() (n int) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		n = w.db.Client().ImportRun.Query().Where(importrun.OrganizationID(w.org)).CountX(ctx)
	})
	return n
}

// object is the content of an object.
func (w *world) object(key string) string {
	w.t.Helper()
	r, err := w.bucket.NewReader(context.Background(), key, 0)
	require.NoError(w.t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	require.NoError(w.t, err)
	return string(content)
}

// refused requires the codes that a command was refused with.
func refused(t *testing.T, err error, codes ...refusal.Code) refusal.Errors {
	t.Helper()
	errs, ok := refusal.From(err)
	require.True(t, ok, "%v is no refusal", err)
	var got []refusal.Code
	for _, e := range errs {
		got = append(got, e.Code)
		require.NotEmpty(t, e.Message)
	}
	require.Equal(t, codes, got)
	return errs
}

// failed requires an import to have failed, and gives its sentence.
func failed(t *testing.T, run *ent.ImportRun, code definition.ImportErrorCode) string {
	t.Helper()
	require.Equal(t, definition.ImportFailed, run.Status)
	require.NotNil(t, run.ErrorCode)
	require.Equal(t, code, *run.ErrorCode, *run.Error)
	require.NotNil(t, run.ProcessedAt)
	require.Zero(t, run.ResultCount)
	return *run.Error
}
