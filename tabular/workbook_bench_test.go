package tabular_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// writeWorkbook makes a workbook of 100,000 rows by 10 columns: texts that repeat, texts that do not, whole numbers,
// decimals, dates and booleans.
func writeWorkbook(t testing.TB, rows int) []byte {
	t.Helper()
	file := excelize.NewFile()
	defer func() { require.NoError(t, file.Close()) }()
	day, err := file.NewStyle(&excelize.Style{NumFmt: 14})
	require.NoError(t, err)
	stream, err := file.NewStreamWriter("Sheet1")
	require.NoError(t, err)
	header := make([]any, 10)
	for i := range header {
		header[i] = fmt.Sprintf("column %d", i+1)
	}
	require.NoError(t, stream.SetRow("A1", header))
	for i := range rows {
		require.NoError(t, stream.SetRow(fmt.Sprintf("A%d", i+2), []any{
			fmt.Sprintf("site-%d", i%1000), fmt.Sprintf("reading number %d", i), i, float64(i) / 7,
			excelize.Cell{StyleID: day, Value: 45000 + i%700},
			i%2 == 0, "kWh", float64(i%1000) / 100, "regular & checked", nil,
		}))
	}
	require.NoError(t, stream.Flush())
	var out bytes.Buffer
	require.NoError(t, file.Write(&out))
	return out.Bytes()
}

// BenchmarkWorkbook reads 100,000 rows of ten columns from a file, and tells the most memory that was in use.
func BenchmarkWorkbook(b *testing.B) {
	const rows = 100_000
	path := b.TempDir() + "/book.xlsx"
	require.NoError(b, os.WriteFile(path, writeWorkbook(b, rows), 0o600))
	file, err := os.Stat(path)
	require.NoError(b, err)
	size := file.Size()
	runtime.GC()

	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		var stats runtime.MemStats
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&stats)
				peak.Store(max(peak.Load(), stats.HeapInuse))
			}
		}
	}()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		source, err := os.Open(path)
		require.NoError(b, err)
		n, err := readBatches(source)
		require.NoError(b, err)
		require.Equal(b, int64(rows), n)
		require.NoError(b, source.Close())
	}
	close(done)
	b.ReportMetric(float64(size)/(1<<20), "MB/file")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/file")
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-heap-MB")
}
