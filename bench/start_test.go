package bench_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/queue"
	"entrepot/storage"
)

// BenchmarkStart is the time from the call of startImport until a worker has made the import PROCESSING, as a subscriber
// hears of it, with nothing else to do. It reports the median and the 95th percentile; the target is 50 ms and 250 ms.
func BenchmarkStart(b *testing.B) {
	db := testdb.New(b)
	bucket, err := storage.Open(b.Context(), storage.Config{
		URL: storage.FileURL(b.TempDir()), Secret: bytes.Repeat([]byte{1}, 32),
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bucket.Close()) })
	jobs, err := queue.New(queue.Config{
		DB: db, ListenURL: db.ListenURL(), ConcurrentImports: 2, Alone: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(b, err)
	bus := &event.Bus{}
	imports, err := importer.New(importer.Config{DB: db, Bucket: bucket, Queue: jobs, Bus: bus})
	require.NoError(b, err)
	person, input := prepare(b, db, bucket, 100, "")
	require.NoError(b, jobs.Start(b.Context(), imports, nothingToCheck{}))
	b.Cleanup(func() { require.NoError(b, jobs.Stop(context.Background())) })

	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		run, err := imports.Start(person, input)
		require.NoError(b, err)
		heard := bus.Subscribe(run.OrganizationID, event.Import)
		for status := definition.ImportPending; status == definition.ImportPending; {
			require.NoError(b, db.Read(person, func(ctx context.Context) error {
				now, err := db.Client().ImportRun.Get(ctx, run.ID)
				if err == nil {
					status = now.Status
				}
				return err
			}))
			if status == definition.ImportPending {
				_, err := heard.Next(b.Context())
				require.NoError(b, err)
			}
		}
		took = append(took, time.Since(started))
		for final := false; !final; {
			require.NoError(b, db.Read(person, func(ctx context.Context) error {
				now, err := db.Client().ImportRun.Get(ctx, run.ID)
				final = err == nil && now.Status.Final()
				return err
			}))
		}
		heard.Close()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
}

type nothingToCheck struct{}

func (nothingToCheck) Check(context.Context, string, int64) error { return nil }

func (nothingToCheck) Erase(context.Context, string, []string) error { return nil }

func (nothingToCheck) Sweep(context.Context) (bool, error) { return false, nil }
