//go:build linux && (amd64 || arm64)

package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script/engine"
)

const sums = `function process(rows, context) {
  const months = {};
  for (const row of rows) {
    const month = Number(row.month.slice(5, 7));
    months[month] = (months[month] ?? 0) + row.kwh;
  }
  return { kwh: months };
}`

// BenchmarkCall is one call with a thousand rows: the realm, the rows, and a processor as people write it.
func BenchmarkCall(b *testing.B) {
	for _, rows := range []int{1, 1000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			v, err := engine.New(config(sums))
			require.NoError(b, err)
			defer v.Close()
			if f := v.Compile(); f != nil {
				b.Fatal(f)
			}
			cells := []engine.Cell{{Kind: engine.Text}, {Kind: engine.Text}, {Kind: engine.Number}}
			cells[0].Text = []byte("SITE-00001")
			var months [12][]byte
			for i := range months {
				months[i] = fmt.Appendf(nil, "2024-%02d", i+1)
			}
			for b.Loop() {
				if f := v.Begin(&engine.Site{Key: "SITE-00001"}, 1); f != nil {
					b.Fatal(f)
				}
				for i := range rows {
					cells[1].Text, cells[2].Number = months[i%12], float64(i*7919%100_000)/100
					if f := v.AddRow(int64(i+1), cells); f != nil {
						b.Fatal(f)
					}
				}
				if _, f := v.Run(); f != nil {
					b.Fatal(f)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		})
	}
}

func config(code string) engine.Config {
	return engine.Config{
		Code: code, Year: 2024, Memory: 64 << 20, Output: 1 << 20, LogLines: 1000, LogBytes: 64 << 10, LogLineRunes: 1000,
		Columns: []engine.Column{
			{Name: "site", Type: "STRING", Header: "Site"},
			{Name: "month", Type: "STRING"},
			{Name: "kwh", Type: "NUMBER", Header: "kWh"},
		},
	}
}
