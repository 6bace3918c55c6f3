package processor_test

import (
	"bytes"
	"fmt"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

func newPeriodWorker(t testing.TB, unit definition.PeriodUnit) (*processor.Aggregation, *processor.Worker) {
	t.Helper()
	a, err := processor.New(table{version: definition.Version{
		Columns: []definition.Column{textPeriod},
		Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: unit}},
	}}.config())
	require.NoError(t, err)
	return a, a.Worker()
}

// monthlySums is the shape of the large benchmark file: 1,000 sites, 12 months, sums.
func monthlySums(numbers int) (table, [][][]byte) {
	f := table{version: definition.Version{Columns: []definition.Column{siteColumn, dateColumn}}}
	for i := range numbers {
		name := fmt.Sprintf("n%d", i)
		f.version.Columns = append(f.version.Columns, column(name, definition.TypeNumber))
		o := output(name, []definition.Aggregate{definition.Sum, definition.Average, definition.Max}[i%3], name)
		o.PeriodUnit = definition.Monthly
		f.version.Outputs = append(f.version.Outputs, o)
	}
	var rows [][][]byte
	for i := range 24_000 {
		// Neighbours differ in site and month, as in a file that nobody has sorted. The cells of a row are parts of one
		// buffer, as the reader of a file gives them.
		line := fmt.Sprintf("site-%04d|2024-%02d-%02d", i*7919%1000, 1+i/1000%12, 1+i%28)
		for n := range numbers {
			line += fmt.Sprintf("|%d.%02d", (i*37+n)%10000, i%100)
		}
		rows = append(rows, bytes.Split([]byte(line), []byte("|")))
	}
	return f, rows
}

func BenchmarkAdd(b *testing.B) {
	for _, numbers := range []int{1, 5} {
		b.Run(fmt.Sprintf("columns=%d", numbers+2), func(b *testing.B) {
			f, rows := monthlySums(numbers)
			a, err := processor.New(f.config())
			require.NoError(b, err)
			w := a.Worker()
			for i, cells := range rows {
				require.Empty(b, w.Add(newRow(int64(i+1), 0, cells)))
			}
			b.ReportAllocs()
			row := int64(len(rows))
			for b.Loop() {
				row++
				w.Add(newRow(row, row, rows[row%int64(len(rows))]))
			}
		})
	}
}

// BenchmarkCell reads a cell that is not written in the plainest way.
func BenchmarkCell(b *testing.B) {
	for name, test := range map[string]struct {
		kind definition.ColumnType
		cell string
	}{
		"grouped":  {definition.TypeNumber, "1.234,56"},
		"currency": {definition.TypeNumber, "12,50 TL"},
		"boolean":  {definition.TypeBoolean, "Hayır"},
		"date":     {definition.TypeDate, "15 Ağustos 2024"},
		"numeric":  {definition.TypeDate, "31.12.2024"},
	} {
		b.Run(name, func(b *testing.B) {
			f := table{year: 2024, version: definition.Version{
				Columns: []definition.Column{column("c", test.kind)}, Format: definition.Format{Locale: "tr"},
				Outputs: []definition.Output{output("c", definition.Count, "c")},
			}}
			a, err := processor.New(f.config())
			require.NoError(b, err)
			w, row := a.Worker(), newRow(1, 2, [][]byte{[]byte(test.cell)})
			require.Empty(b, w.Add(row))
			b.ReportAllocs()
			for b.Loop() {
				w.Add(row)
			}
		})
	}
}

func BenchmarkResults(b *testing.B) {
	f, rows := monthlySums(5)
	for b.Loop() {
		b.StopTimer()
		a, err := processor.New(f.config())
		require.NoError(b, err)
		workers := []*processor.Worker{a.Worker(), a.Worker()}
		for i, cells := range rows {
			workers[i/1000%2].Add(newRow(int64(i+1), 0, cells))
		}
		b.StartTimer()
		results, err := a.Results(b.Context())
		require.NoError(b, err)
		require.Len(b, results, 12_000)
	}
}

func TestAddAllocatesNothingForGoodRows(t *testing.T) { //nolint:paralleltest // counts allocations
	f, rows := monthlySums(5)
	a, err := processor.New(f.config())
	require.NoError(t, err)
	w := a.Worker()
	row := int64(0)
	add := func() {
		row++
		w.Add(newRow(row, row, rows[row%int64(len(rows))]))
	}
	for range rows {
		add()
	}
	require.Zero(t, testing.AllocsPerRun(1000, add))
}
