package importer_test

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/definition"
)

// maxMemory is what reading CSV and aggregating up to 12,000 groups takes at most, whatever the file's size.
const maxMemory = 64 << 20

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) { //nolint:paralleltest // it measures the process
	grown := importStream(t, 400_000)
	require.Less(t, grown, uint64(maxMemory), "%d MiB", grown>>20)
}

// BenchmarkMemory1GiB imports 15 million rows, about 1 GiB, which are made while they are read.
func BenchmarkMemory1GiB(b *testing.B) {
	for b.Loop() {
		grown := importStream(b, 15_000_000)
		b.ReportMetric(float64(grown)/(1<<20), "MiB-memory-growth")
		require.Less(b, grown, uint64(maxMemory))
	}
}

// BenchmarkWorkbook100k imports a workbook of 100,000 rows and 10 columns: at most 3 s and 256 MiB.
func BenchmarkWorkbook100k(b *testing.B) {
	rows := [][]string{{"site", "date", "reading", "note", "a", "b", "c", "d", "e", "f"}}
	for i := range 100_000 {
		rows = append(rows, []string{
			fmt.Sprint("site ", i%1000), fmt.Sprintf("2024-%02d-01", 1+i%12), fmt.Sprintf("%d.5", i), fmt.Sprint("note ", i),
			"a", "b", "c", "d", "e", fmt.Sprint(i % 7),
		})
	}
	var content strings.Builder
	content.WriteString(workbook(b, rows))
	w := newWorld(b)
	history, id := w.upload(content.String()), w.define(readings())
	content.Reset()
	for b.Loop() {
		b.StopTimer()
		run := w.start(history, id)
		peak := watchMemory()
		b.StartTimer()
		w.run(run.ID)
		b.StopTimer()
		b.ReportMetric(float64(peak())/(1<<20), "MiB-memory-growth")
		done := w.get(run.ID)
		require.Equal(b, definition.ImportCompleted, done.Status, done.Error)
		require.EqualValues(b, 100_000, done.AcceptedRowCount)
		b.StartTimer()
	}
}

// importStream imports rows that are made while they are read, and tells by how much memory grew at most.
func importStream(t testing.TB, rows int) uint64 {
	t.Helper()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	w.WrapSource(func(io.Reader) io.Reader {
		r, pipe := io.Pipe()
		go func() { pipe.CloseWithError(data.Write(pipe, rows)) }()
		return r
	})
	peak := watchMemory()
	w.run(run.ID)
	grown := peak()
	done := w.get(run.ID)
	require.Equal(t, definition.ImportCompleted, done.Status, done.Error)
	require.EqualValues(t, rows, done.AcceptedRowCount)
	return grown
}

// watchMemory samples what the process has of the system, until the returned function is called, which tells by how much
// that grew at most.
func watchMemory() (peak func() uint64) {
	inUse := func() uint64 {
		sample := []metrics.Sample{
			{Name: "/memory/classes/total:bytes"},
			{Name: "/memory/classes/heap/released:bytes"},
			{Name: "/memory/classes/heap/free:bytes"},
		}
		metrics.Read(sample)
		return sample[0].Value.Uint64() - sample[1].Value.Uint64() - sample[2].Value.Uint64()
	}
	runtime.GC()
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
