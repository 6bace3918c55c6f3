package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
)

// BenchmarkTwelveThousandResults is a whole import of 12,000 rows with as many results, and one of as many rows with one
// result: what lies between them is the time of writing results.
func BenchmarkTwelveThousandResults(b *testing.B) {
	for name, place := range map[string]func(row int) (site, month int){
		"results=12000": func(row int) (site, month int) { return row / 12, row%12 + 1 },
		"results=1":     func(int) (site, month int) { return 0, 1 },
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			var file strings.Builder
			file.WriteString("site,date,reading\n")
			for row := range 12_000 {
				site, month := place(row)
				fmt.Fprintf(&file, "site-%04d,2024-%02d-01,%d.5\n", site, month, row)
			}
			id := w.define(readings())
			for b.Loop() {
				b.StopTimer()
				run := w.start(w.upload(file.String()), id)
				b.StartTimer()
				require.NoError(b, w.Run(context.Background(), w.org, run.ID))
				b.StopTimer()
				require.Equal(b, definition.ImportCompleted, w.get(run.ID).Status)
				b.StartTimer()
			}
		})
	}
}
