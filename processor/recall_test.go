package processor_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor"
)

// Short texts are remembered by two words and their length: no two of them may be taken for one another, whatever their
// lengths, and however often they displace each other; and a text that means nothing means nothing every time.
func TestShortTextsAreNeverMistakenForOneAnother(t *testing.T) {
	t.Parallel()
	a, err := processor.New(table{version: definition.Version{
		Columns: []definition.Column{siteColumn, dateColumn},
		Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: definition.Monthly}},
	}}.config())
	require.NoError(t, err)
	w := a.Worker()
	random := rand.New(rand.NewPCG(3, 4))
	var sites []string
	for range 9000 {
		text := make([]byte, 1+random.IntN(20))
		for i := range text {
			text[i] = "abcd"[random.IntN(4)]
		}
		sites = append(sites, string(text))
	}
	dates := []struct {
		text  string
		month int
	}{{"2024-01-31", 1}, {"2024-02-29", 2}, {"2024-12-01", 12}, {"2023-02-29", 0}, {"2024-13-01", 0}, {"2024-2-30", 0}}
	type group struct {
		site  string
		month int
	}
	want := map[group]int64{}
	for row := int64(1); row <= 40_000; row++ {
		site, date := sites[random.IntN(len(sites))], dates[random.IntN(len(dates))]
		errs := w.Add(&processor.Row{Order: row, Number: row, Cells: [][]byte{[]byte(site), []byte(date.text)}})
		if date.month == 0 {
			require.Len(t, errs, 1)
			require.Equal(t, definition.RowDateInvalid, errs[0].Code)
			continue
		}
		require.Empty(t, errs)
		want[group{site, date.month}]++
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	got := map[group]int64{}
	for _, r := range results {
		got[group{*r.SiteKey, r.Period}] = r.RowsProcessed
	}
	require.Equal(t, want, got)
}
