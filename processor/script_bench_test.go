package processor_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
)

// BenchmarkGather takes a million rows of three columns and 1,000 sites with two goroutines and gives them to code that
// does nothing with them: all that a processor costs beside its own work. The last one keeps all rows in memory.
func BenchmarkGather(b *testing.B) {
	const total = 1_000_000
	f, rows := monthlySums(1)
	f.version.Outputs[0].Aggregate, f.version.Outputs[0].Column = "", ""
	for _, memory := range []int64{4 << 20, 32 << 20, 256 << 20} {
		b.Run(fmt.Sprintf("memory=%dMiB", memory>>20), func(b *testing.B) {
			for b.Loop() {
				var seen atomic.Int64
				c := f.withCode(b, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
					n := int64(0)
					for _, err := range c.Rows {
						if err != nil {
							return nil, err
						}
						n++
					}
					seen.Add(n)
					return &script.Result{Output: []byte(`{"2024":{"n0":{"1":1}}}`)}, nil
				}))
				c.Spill = newSpill(b, processor.SpillConfig{MemoryBytes: memory})
				a, err := processor.New(c)
				require.NoError(b, err)
				var running sync.WaitGroup
				var batch atomic.Int64
				for range 2 {
					w := a.Worker()
					running.Go(func() {
						row := new(processor.Row)
						for {
							last := batch.Add(1) * 1000
							if last > total {
								return
							}
							for i := last - 999; i <= last; i++ {
								row.Order, row.Number, row.Line, row.Cells = i<<20, i, i, rows[i%int64(len(rows))]
								w.Add(row)
							}
						}
					})
				}
				running.Wait()
				results, err := a.Results(b.Context())
				require.NoError(b, err)
				require.Len(b, results, 1000)
				require.EqualValues(b, total, seen.Load())
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/file")
		})
	}
}
