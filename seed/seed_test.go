package seed_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/catalog"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/ent/importrun"
	"entrepot/ent/organization"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/queue"
	"entrepot/seed"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// house is the real parts, put together as the server does.
type house struct {
	seed.Parts
	catalog *catalog.Catalog
	queue   *flaky
	bus     *event.Bus
}

// flaky is a queue that may be told to refuse the n-th check.
type flaky struct {
	*queue.Queue
	refuse atomic.Int64
}

var errRefused = errors.New("the process dies here")

func (f *flaky) EnqueueCheck(ctx context.Context, organizationID string, historyID int64) error {
	if f.refuse.Add(-1) == 0 {
		return errRefused
	}
	return f.Queue.EnqueueCheck(ctx, organizationID, historyID)
}

func setup(t *testing.T) *house {
	t.Helper()
	var url string // of PostgreSQL
	return on(t, testdb.New(t, testdb.With(func(c *database.Config) { url = c.URL })), &url)
}

func on(t *testing.T, db *database.DB, url *string) *house {
	t.Helper()
	h := &house{bus: &event.Bus{}, queue: &flaky{}}
	h.DB = db
	var err error
	h.Bucket, err = storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(filepath.Join(t.TempDir(), "bucket")), Secret: []byte(strings.Repeat("s", 32)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Bucket.Close()) })
	h.catalog, err = catalog.New(catalog.Config{DB: h.DB, Compiler: importer.Compiler{}})
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h.queue.Queue, err = queue.New(queue.Config{
		DB: h.DB, ListenURL: *url, ConcurrentImports: 2, Alone: true, Logger: log,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.queue.Stop(context.WithoutCancel(t.Context()))) })
	h.Uploads, err = upload.New(upload.Config{DB: h.DB, Bucket: h.Bucket, Queue: h.queue, Bus: h.bus, Logger: log})
	require.NoError(t, err)
	h.Importer, err = importer.New(importer.Config{DB: h.DB, Bucket: h.Bucket, Queue: h.queue, Bus: h.bus, Logger: log})
	require.NoError(t, err)
	return h
}

// home is the id of the organization with that short name.
func (h *house) home(t *testing.T, slug string) (id string) {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.System("test"))
	require.NoError(t, h.DB.LookUp(ctx, slug, func(ctx context.Context) error {
		id = h.DB.Client().Organization.Query().Where(organization.Slug(slug)).OnlyIDX(ctx)
		return nil
	}))
	return id
}

// read reads as a worker of the demonstration.
func (h *house) read(t *testing.T, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	h.readIn(t, h.home(t, seed.Organization), f)
}

func (h *house) readIn(t *testing.T, organization string, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.Worker("test", organization))
	require.NoError(t, h.DB.Read(ctx, func(ctx context.Context) error {
		f(ctx, h.DB.Client())
		return nil
	}))
}

func TestTheDemonstrationIsMadeOnceAndWhole(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, seed.Demonstration(dead, h.DB, h.catalog))
	for range 2 {
		require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	}
	h.read(t, func(ctx context.Context, c *ent.Client) {
		require.Equal(t, 1, c.Organization.Query().CountX(ctx))
		require.Equal(t, 2, c.Group.Query().CountX(ctx))
		require.Equal(t, 6, c.GroupMembership.Query().CountX(ctx))
		roles := map[viewer.Role]int{}
		for _, m := range c.Membership.Query().AllX(ctx) {
			roles[m.Role]++
		}
		require.Equal(t, map[viewer.Role]int{
			viewer.RoleViewer: 1, viewer.RoleCollector: 2, viewer.RoleManager: 1, viewer.RoleOwner: 1,
		}, roles)
		require.Equal(t, 2, c.Site.Query().CountX(ctx))
		for _, d := range c.ImportDefinition.Query().AllX(ctx) {
			version := definition.Version{
				Columns: d.InputSchema, Outputs: d.OutputSchema, Format: d.Format,
				OnInvalidRow: d.OnInvalidRow, OnUnknownSite: d.OnUnknownSite,
			}
			require.Empty(t, version.Check(), d.Name)
		}
		require.Equal(t, 3, c.ImportDefinition.Query().CountX(ctx))
		require.Equal(t, 3, c.ImportDefinitionVersion.Query().CountX(ctx))
	})
}

func TestAnEmbeddedDatabaseInUseIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := on(t, testdb.NewSQLite(t), new(string))
	_, err := seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{Name: "Ours", OwnerEmail: "o@ours.example"})
	require.NoError(t, err)
	require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	require.NoError(t, seed.Imports(t.Context(), h.Parts))
	ctx := viewer.NewContext(t.Context(), viewer.System("test"))
	require.NoError(t, h.DB.Read(ctx, func(ctx context.Context) error {
		require.Equal(t, 2, h.DB.Client().Organization.Query().CountX(ctx), "with the reserved one")
		require.Zero(t, h.DB.Client().ReviewUploadHistory.Query().CountX(ctx))
		return nil
	}))
}

func TestReplicasMakeOneDemonstration(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			errs[i] = errors.Join(seed.Demonstration(t.Context(), h.DB, h.catalog), seed.Imports(t.Context(), h.Parts))
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	h.read(t, func(ctx context.Context, c *ent.Client) {
		require.Equal(t, 5, c.User.Query().CountX(ctx))
		require.Equal(t, 3, c.ImportDefinition.Query().CountX(ctx))
		require.Equal(t, 4, c.ImportRun.Query().CountX(ctx))
		require.Equal(t, 4, c.ReviewUploadHistory.Query().CountX(ctx))
	})
}

func TestAnOrganizationIsMadeWithItsOwner(t *testing.T) {
	t.Parallel()
	h := setup(t)
	ours, err := seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{
		Name: " Ölçüm A.Ş. ", OwnerEmail: "Olga@Ours.example", OwnerName: "Olga",
	})
	require.NoError(t, err)
	require.Equal(t, ours, h.home(t, "olcum-a-s"))
	second, err := seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{
		Name: "Ölçüm A.Ş.", Slug: "second", Group: "Crew", OwnerEmail: "olga@ours.example", OwnerName: "Somebody",
	})
	require.NoError(t, err)
	for id, want := range map[string][]string{
		ours: {"Ölçüm A.Ş.", "Ölçüm A.Ş."}, second: {"Ölçüm A.Ş.", "Crew"},
	} {
		h.readIn(t, id, func(ctx context.Context, c *ent.Client) {
			require.Equal(t, want[0], c.Organization.Query().OnlyX(ctx).Name)
			g := c.Group.Query().OnlyX(ctx)
			require.Equal(t, want[1], g.Name)
			m := c.Membership.Query().WithUser().OnlyX(ctx)
			require.Equal(t, viewer.RoleOwner, m.Role)
			require.Equal(t, "Olga", m.Edges.User.Name, "one person, however many organizations")
			require.Equal(t, "olga@ours.example", m.Edges.User.Email)
			require.Equal(t, m.UserID, c.GroupMembership.Query().OnlyX(ctx).UserID)
		})
	}
}

func TestAnOrganizationThatCannotBeMade(t *testing.T) {
	t.Parallel()
	h := setup(t)
	good := seed.NewOrganization{Name: "Ours", OwnerEmail: "o@ours.example"}
	_, err := seed.CreateOrganization(t.Context(), h.DB, good)
	require.NoError(t, err)
	good.OwnerEmail = "new@ours.example"
	_, err = seed.CreateOrganization(t.Context(), h.DB, good)
	require.ErrorContains(t, err, `there is one with the short name "ours"`)
	good.Slug = "theirs"
	_, err = seed.CreateOrganization(t.Context(), h.DB, good)
	require.NoError(t, err, "nothing was left of the refused one")

	_, err = seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{
		Slug: "A b", Group: "a\x00b", OwnerEmail: "Olga <o@ours.example>",
	})
	for _, want := range []string{"the name is missing", "control characters", "must be an e-mail address"} {
		require.ErrorContains(t, err, want)
	}
	for _, slug := range []string{"-a", "a--b", "Ä", strings.Repeat("a", 64)} {
		_, err = seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{Name: "x", Slug: slug, OwnerEmail: "o@x.example"})
		require.ErrorContains(t, err, "short name", slug)
	}
	_, err = seed.CreateOrganization(t.Context(), h.DB, seed.NewOrganization{Name: "株式会社", OwnerEmail: "o@x.example"})
	require.ErrorContains(t, err, "short name", "no letter of it is one")
}

func TestTheSamplesAreImportedAlsoAfterACrashInTheMiddle(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	h.queue.refuse.Store(3)
	require.ErrorIs(t, seed.Imports(t.Context(), h.Parts), errRefused)
	for range 2 {
		require.NoError(t, seed.Imports(t.Context(), h.Parts))
	}
	var organizationID string
	h.read(t, func(ctx context.Context, c *ent.Client) {
		require.Equal(t, 4, c.ReviewUploadHistory.Query().CountX(ctx))
		runs := c.ImportRun.Query().AllX(ctx)
		require.Len(t, runs, 4)
		organizationID = runs[0].OrganizationID
	})

	changes := h.bus.Subscribe(organizationID, event.Import)
	defer changes.Close()
	require.NoError(t, h.queue.Start(t.Context(), h.Importer, h.Uploads))
	limit, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for pending := 1; pending > 0; {
		_, err := changes.Next(limit)
		require.NoError(t, err)
		h.read(t, func(ctx context.Context, c *ent.Client) {
			pending = c.ImportRun.Query().Where(importrun.ProcessedAtIsNil()).CountX(ctx)
		})
	}

	results := map[string]int{
		"weather.csv": 96, "iowa-electricity.csv": 51, "product-reviews.csv": 24, "product-reviews-broken.csv": 0,
	}
	h.read(t, func(ctx context.Context, c *ent.Client) {
		for _, run := range c.ImportRun.Query().AllX(ctx) {
			require.Equal(t, results[run.FileName], run.ResultCount, run.FileName)
			if run.FileName != "product-reviews-broken.csv" {
				require.Equal(t, definition.ImportCompleted, run.Status, run.FileName)
				continue
			}
			require.Equal(t, definition.ImportFailed, run.Status)
			require.Contains(t, *run.Error, "rating")
		}
		// awk: the sum of column 3 where location is Seattle and the date begins with 2012-01.
		january := c.ImportResult.Query().Where(importresult.SiteKey("Seattle"), importresult.Year(2012),
			importresult.PeriodUnitEQ(definition.Monthly), importresult.Period(1)).OnlyX(ctx)
		var values struct {
			Precipitation float64 `json:"precipitation"`
			Days          int     `json:"days"`
		}
		require.NoError(t, json.Unmarshal(january.ProcessedData, &values))
		require.InDelta(t, 173.3, values.Precipitation, 1e-9)
		require.Equal(t, 31, values.Days)
		require.NotNil(t, january.SiteID)
		require.Equal(t, 24, c.ImportResult.Query().Where(importresult.SiteIDIsNil(),
			importresult.HasImportWith(importrun.FileName("product-reviews.csv"))).CountX(ctx))
	})
}

func TestARemovedCollectorIsNoReasonToFail(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	ctx := viewer.NewContext(t.Context(), viewer.Worker("test", h.home(t, seed.Organization)))
	require.NoError(t, h.DB.Do(ctx, "test", func(ctx context.Context) error {
		return h.DB.Client().GroupMembership.Update().SetEndedAt(time.Now()).Exec(ctx)
	}))
	require.NoError(t, seed.Imports(t.Context(), h.Parts))
}
