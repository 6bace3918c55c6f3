package data_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
)

func TestFileHoldsEverySiteAndMonthUnsortedAtSeventyBytesARow(t *testing.T) {
	t.Parallel()
	const rows = data.Sites * data.Months
	var file, again bytes.Buffer
	require.NoError(t, data.Write(&file, rows))
	require.NoError(t, data.Write(&again, rows))
	require.True(t, bytes.Equal(file.Bytes(), again.Bytes()), "two files of the same size differ")
	require.InDelta(t, 70, float64(file.Len())/rows, 2)

	records, err := csv.NewReader(&file).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, rows+1)
	require.Len(t, records[0], 7)
	groups := map[string]int{}
	sorted := true
	for i, record := range records[1:] {
		row := data.At(i)
		require.Equal(t, []string{
			data.SiteName(row.Site),
			fmt.Sprintf("%d-%02d-%02d", data.Year, row.Month, row.Day),
			fmt.Sprintf("M-%06d", row.Meter),
			fmt.Sprintf("%d.%03d", row.Milli/1000, row.Milli%1000),
			row.Unit, row.Quality, row.Note,
		}, record)
		groups[record[0]+record[1][:7]]++
		sorted = sorted && (i == 0 || records[i][0] <= record[0])
	}
	require.Len(t, groups, rows)
	require.False(t, sorted)
}

func TestWriteReportsWhatItCannotDo(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, data.Write(&bytes.Buffer{}, -1), "-1 rows")
	full := errors.New("disk full")
	require.ErrorIs(t, data.Write(failing{full}, 10), full)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
