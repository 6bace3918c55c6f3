package seed_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/catalog"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importresult"
	"entrepot/ent/importrun"
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

// flaky is a queue that may be told to refuse the n-th import.
type flaky struct {
	*queue.Queue
	refuse int
}

var errRefused = errors.New("the process dies here")

func (f *flaky) EnqueueImport(ctx context.Context, organizationID, importID string) error {
	if f.refuse--; f.refuse == 0 {
		return errRefused
	}
	return f.Queue.EnqueueImport(ctx, organizationID, importID)
}

func setup(t *testing.T) *house {
	t.Helper()
	h := &house{bus: &event.Bus{}, queue: &flaky{}}
	h.DB = testdb.New(t)
	var err error
	h.Bucket, err = storage.Open(t.Context(), storage.Config{
		URL: storage.FileURL(filepath.Join(t.TempDir(), "bucket")), Secret: []byte(strings.Repeat("s", 32)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Bucket.Close()) })
	h.catalog, err = catalog.New(catalog.Config{DB: h.DB})
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h.queue.Queue, err = queue.New(queue.Config{DB: h.DB, ConcurrentImports: 2, Alone: true, Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.queue.Stop(context.WithoutCancel(t.Context()))) })
	h.Uploads, err = upload.New(upload.Config{DB: h.DB, Bucket: h.Bucket, Queue: h.queue, Bus: h.bus, Logger: log})
	require.NoError(t, err)
	h.Importer, err = importer.New(importer.Config{DB: h.DB, Bucket: h.Bucket, Queue: h.queue, Bus: h.bus, Logger: log})
	require.NoError(t, err)
	return h
}

func (h *house) read(t *testing.T, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.System("test"))
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
		require.Equal(t, 2, c.Organization.Query().CountX(ctx), "with the reserved one")
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

func TestADatabaseInUseIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	ctx := viewer.NewContext(t.Context(), viewer.System("test"))
	require.NoError(t, h.DB.Do(ctx, "test", func(ctx context.Context) error {
		return h.DB.Client().Organization.Create().SetName("Ours").SetSlug("ours").Exec(ctx)
	}))
	require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	require.NoError(t, seed.Imports(t.Context(), h.Parts))
	h.read(t, func(ctx context.Context, c *ent.Client) {
		require.Equal(t, 2, c.Organization.Query().CountX(ctx))
		require.Zero(t, c.User.Query().CountX(ctx))
		require.Zero(t, c.ReviewUploadHistory.Query().CountX(ctx))
	})
}

func TestTheSamplesAreImportedAlsoAfterACrashInTheMiddle(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.NoError(t, seed.Demonstration(t.Context(), h.DB, h.catalog))
	h.queue.refuse = 3
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
	ctx := viewer.NewContext(t.Context(), viewer.System("test"))
	require.NoError(t, h.DB.Do(ctx, "test", func(ctx context.Context) error {
		return h.DB.Client().GroupMembership.Update().SetEndedAt(time.Now()).Exec(ctx)
	}))
	require.NoError(t, seed.Imports(t.Context(), h.Parts))
}
