package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
)

// BenchmarkTwelveThousandResults is a whole import, most of whose time is that of writing the results.
func BenchmarkTwelveThousandResults(b *testing.B) {
	w := newWorld(b)
	var file strings.Builder
	file.WriteString("site,date,reading\n")
	for site := range 1000 {
		for month := range 12 {
			fmt.Fprintf(&file, "site-%04d,2024-%02d-01,%d.5\n", site, month+1, site)
		}
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
}
