package tabular_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/tabular"
)

// BenchmarkScan reads 100,000 rows of seven columns, 7 MB, from memory; encoding/csv is the peer. The quoted file is
// the same with every cell in quotes.
func BenchmarkScan(b *testing.B) {
	const rows = 100_000
	var plain bytes.Buffer
	require.NoError(b, data.Write(&plain, rows))
	quoted := `"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(strings.TrimSpace(plain.String())) + "\"\n"

	readers := []struct {
		name string
		read func(io.Reader) (int64, error)
	}{
		{"batch", readBatches},
		{"next", readRecords},
		{"encoding-csv", readEncodingCSV},
	}
	for _, file := range []struct{ name, text string }{{"plain", plain.String()}, {"quoted", quoted}} {
		for _, reader := range readers {
			b.Run(file.name+"/"+reader.name, func(b *testing.B) {
				b.SetBytes(int64(len(file.text)))
				b.ReportAllocs()
				for b.Loop() {
					n, err := reader.read(strings.NewReader(file.text))
					require.NoError(b, err)
					require.Equal(b, int64(rows), n)
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func readBatches(source io.Reader) (rows int64, err error) {
	r, err := tabular.Open(source, tabular.Config{})
	if err != nil {
		return 0, err
	}
	var batch tabular.Batch
	for {
		switch err := r.NextBatch(&batch); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, err
		}
		for i := range batch.Len() {
			if batch.Problem(i) == nil && !batch.Blank(i) {
				rows = batch.Row(i)
			}
		}
	}
}

func readRecords(source io.Reader) (rows int64, err error) {
	r, err := tabular.Open(source, tabular.Config{})
	if err != nil {
		return 0, err
	}
	for {
		record, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, err
		}
		rows = record.Row
	}
}

func readEncodingCSV(source io.Reader) (rows int64, err error) {
	r := csv.NewReader(source)
	r.ReuseRecord = true
	for rows = -1; ; rows++ {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
	}
}
