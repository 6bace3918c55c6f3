package bench_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent/importresult"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/storage"
	"entrepot/viewer"
)

// Targets of a million rows, on two cores.
const (
	targetTime       = 2 * time.Second
	targetScriptTime = 3500 * time.Millisecond // on PostgreSQL
	targetHeap       = 256 << 20
)

// BenchmarkImport1M imports a million readings (about 70 MB), summed per site and month: from the start of the import
// to its final status. It reports seconds, rows per second and by how much the heap grew at most. The targets, 2 s
// and 256 MiB on two cores, are told and not enforced: a busy machine is no fault.
func BenchmarkImport1M(b *testing.B) { benchmarkImport(b, 1_000_000, "") }

// BenchmarkImport100k is a tenth of that: memory must not grow with the file.
func BenchmarkImport100k(b *testing.B) { benchmarkImport(b, 100_000, "") }

// BenchmarkImport1MScript is the same with a processor that sums, as people write it.
func BenchmarkImport1MScript(b *testing.B) { benchmarkImport(b, 1_000_000, summing) }

const summing = `function process(rows) {
  const total = {};
  for (const row of rows) {
    const month = Number(row.date.slice(5, 7));
    total[month] = (total[month] ?? 0) + row.reading;
  }
  return { total };
}`

func benchmarkImport(b *testing.B, rows int, code string) {
	db := testdb.New(b)
	bucket, err := storage.Open(b.Context(), storage.Config{
		URL: storage.FileURL(b.TempDir()), Secret: bytes.Repeat([]byte{1}, 32),
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bucket.Close()) })
	imports, err := importer.New(importer.Config{DB: db, Bucket: bucket, Queue: nobody{}, Bus: &event.Bus{}})
	require.NoError(b, err)
	person, input := prepare(b, db, bucket, rows, code)

	var heap uint64
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		peak := watchHeap()
		b.StartTimer()
		run, err := imports.Start(person, input)
		require.NoError(b, err)
		require.NoError(b, imports.Run(context.Background(), run.OrganizationID, run.ID))
		b.StopTimer()
		heap = max(heap, peak())
		require.NoError(b, db.Read(person, func(ctx context.Context) error {
			done, err := db.Client().ImportRun.Get(ctx, run.ID)
			require.NoError(b, err)
			require.Equal(b, definition.ImportCompleted, done.Status, done.Error)
			require.EqualValues(b, rows, done.AcceptedRowCount)
			require.Equal(b, min(rows, data.Sites*data.Months), done.ResultCount)
			return err
		}))
		check(person, b, db, run.ID, rows, code == "")
		b.StartTimer()
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(seconds, "s/import")
	b.ReportMetric(float64(rows)/seconds, "rows/s")
	b.ReportMetric(float64(heap)/(1<<20), "MiB-heap-growth")
	target := targetTime
	if code != "" {
		target = targetScriptTime
	}
	if seconds > target.Seconds() || heap > targetHeap {
		b.Logf("over the target of %s and %d MiB", target, targetHeap>>20)
	}
}

// nobody runs no jobs: the benchmark does.
type nobody struct{}

func (nobody) EnqueueImport(context.Context, string, string) error { return nil }

// prepare makes an organization, a definition and a checked upload. With code, it computes the total.
func prepare(
	b *testing.B, db *database.DB, bucket *storage.Bucket, rows int, code string,
) (context.Context, importer.StartInput) {
	b.Helper()
	person := viewer.Viewer{Role: viewer.RoleCollector}
	var input importer.StartInput
	person.OrganizationID = prefixid.New(prefixid.Organization)
	ctx := viewer.NewContext(context.Background(), viewer.Worker("bench", person.OrganizationID))
	require.NoError(b, db.Do(ctx, "prepare", func(ctx context.Context) error {
		c := db.Client()
		c.Organization.Create().SetID(person.OrganizationID).SetName("Bench").SetSlug("bench").ExecX(ctx)
		person.UserID = c.User.Create().SetName("Bench").SetEmail("bench@example.org").SaveX(ctx).ID
		c.Membership.Create().SetOrganizationID(person.OrganizationID).SetUserID(person.UserID).
			SetRole(viewer.RoleCollector).ExecX(ctx)
		person.GroupID = c.Group.Create().SetOrganizationID(person.OrganizationID).SetName("Bench").SaveX(ctx).ID
		v := definition.Version{
			Format: definition.Format{DecimalSeparator: "."}, // readings have three decimals: 523.123 could be thousands
			Columns: []definition.Column{
				{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier, Required: true},
				{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod, Required: true},
				{Name: "reading", Type: definition.TypeNumber, Required: true},
			},
			Outputs: []definition.Output{
				{Key: "total", PeriodUnit: definition.Monthly, Aggregate: definition.Sum, Column: "reading"},
				{Key: "mean", PeriodUnit: definition.Monthly, Aggregate: definition.Average, Column: "reading"},
				{Key: "least", PeriodUnit: definition.Monthly, Aggregate: definition.Min, Column: "reading"},
				{Key: "most", PeriodUnit: definition.Monthly, Aggregate: definition.Max, Column: "reading"},
				{Key: "readings", PeriodUnit: definition.Monthly, Aggregate: definition.Count},
			},
		}
		var processor *string
		if code != "" {
			v.Outputs, processor = []definition.Output{{Key: "total", PeriodUnit: definition.Monthly}}, &code
		}
		v = v.Normalize()
		d := c.ImportDefinition.Create().SetOrganizationID(person.OrganizationID).SetName("Readings").
			SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetNillableProcessorCode(processor).SetFormat(v.Format).SaveX(ctx)
		c.ImportDefinitionVersion.Create().SetOrganizationID(person.OrganizationID).SetImportDefinitionID(d.ID).
			SetNumber(1).SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetNillableProcessorCode(processor).
			SetFormat(v.Format).ExecX(ctx)

		key := person.OrganizationID + "/" + person.GroupID + "/readings"
		hash := sha256.New()
		w, err := bucket.NewWriter(ctx, key)
		require.NoError(b, err)
		require.NoError(b, data.Write(io.MultiWriter(w, hash), rows))
		require.NoError(b, w.Close())
		object, err := bucket.Attributes(ctx, key)
		require.NoError(b, err)
		h := c.ReviewUploadHistory.Create().
			SetOrganizationID(person.OrganizationID).SetGroupID(person.GroupID).SetUserID(person.UserID).
			SetFileName("readings.csv").SetGcsPath(bucket.Path(key)).SetUniquePath(bucket.Path(key)).
			SetStatus(definition.UploadSuccess).SetValidatedAt(time.Now()).
			SetFileSize(object.Size).SetGeneration(object.Generation).
			SetSha256(hex.EncodeToString(hash.Sum(nil))).SetRowCount(int64(rows)).SaveX(ctx)
		input.UploadHistoryID = prefixid.FromNumber(prefixid.UploadHistory, h.ID)
		input.ImportDefinitionID = d.ID
		return nil
	}))
	return viewer.NewContext(context.Background(), person), input
}

// check compares the sums with those of the generator: sums of doubles are right to a part in 10^12.
func check(ctx context.Context, b *testing.B, db *database.DB, importID string, rows int, exact bool) {
	b.Helper()
	type group struct {
		site  string
		month int
	}
	want := map[group]int64{}
	for i := range rows {
		r := data.At(i)
		want[group{data.SiteName(r.Site), r.Month}] += r.Milli
	}
	require.NoError(b, db.Read(ctx, func(ctx context.Context) error {
		results, err := db.Client().ImportResult.Query().Where(importresult.ImportID(importID)).All(ctx)
		require.NoError(b, err)
		for _, r := range results {
			var got struct{ Total json.Number }
			require.NoError(b, json.Unmarshal(r.ProcessedData, &got))
			sum := want[group{r.SiteKey, r.Period}]
			text := fmt.Sprintf("%d.%03d", sum/1000, sum%1000)
			total, err := got.Total.Float64()
			require.NoError(b, err)
			if exact && trimZeros(text) != got.Total.String() || math.Abs(total-float64(sum)/1000) > 1e-12*total {
				b.Fatalf("%s, month %d: %s, want %s", r.SiteKey, r.Period, got.Total, text)
			}
		}
		return nil
	}))
}

func trimZeros(text string) string {
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}

// watchHeap samples the heap in use until the returned function is called, which tells by how much it grew at most.
func watchHeap() (peak func() uint64) {
	inUse := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64() + sample[1].Value.Uint64()
	}
	start := inUse()
	most := start
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for {
			most = max(most, inUse())
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-ended
		return most - start
	}
}
