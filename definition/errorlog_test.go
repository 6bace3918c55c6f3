package definition_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func TestErrorLogKeepsTheFirstAndCountsAll(t *testing.T) {
	t.Parallel()
	log := definition.NewErrorLog(3)
	for row := int64(100); row >= 1; row-- {
		if row%10 != 0 {
			log.Add(
				definition.RowError{Row: row, Column: "b", Code: definition.RowNumberInvalid},
				definition.RowError{Row: row, Column: "a", Code: definition.RowDateInvalid},
			)
		}
	}
	log.Add(definition.RowError{Row: 40, Column: "a", Code: definition.RowNumberInvalid})
	require.EqualValues(t, 181, log.Total())
	require.True(t, log.Truncated())
	require.Equal(t, []definition.RowError{
		{Row: 1, Column: "b", Code: definition.RowNumberInvalid},
		{Row: 1, Column: "a", Code: definition.RowDateInvalid},
		{Row: 2, Column: "b", Code: definition.RowNumberInvalid},
	}, log.Errors())
	groups := log.Groups()
	require.Len(t, groups, 3)
	require.Equal(t, []int64{90, 90, 1}, []int64{groups[0].Count, groups[1].Count, groups[2].Count})
	require.Equal(t, "a", groups[0].Column)
	require.Equal(t, definition.RowRange{First: 1, Last: 9}, groups[0].RowRanges[0])
	require.Len(t, groups[0].RowRanges, 10)
	require.EqualValues(t, 1, groups[0].Sample.Row)
	require.Equal(t, []definition.RowRange{{First: 40, Last: 40}}, groups[2].RowRanges)
}

func TestErrorLogWithoutRoomStillCounts(t *testing.T) {
	t.Parallel()
	log := definition.NewErrorLog(0)
	require.False(t, log.Truncated())
	log.Add(definition.RowError{Row: 7, Code: definition.RowQuoteUnclosed})
	require.Empty(t, log.Errors())
	require.True(t, log.Truncated())
	require.EqualValues(t, 7, log.Groups()[0].Sample.Row)
}

// TestErrorLogIsTheSameHoweverItIsFilled compares many workers in any order with one that reads the rows one by one.
func TestErrorLogIsTheSameHoweverItIsFilled(t *testing.T) {
	t.Parallel()
	codes := []definition.RowErrorCode{definition.RowNumberInvalid, definition.RowDateInvalid, definition.RowSiteMissing}
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		var rows [][]definition.RowError
		count := 1 + random.IntN(4000)
		for row := 1; row <= count; row++ {
			if random.IntN(10) < int(seed%11) {
				continue
			}
			var errs []definition.RowError
			for i := range 1 + random.IntN(3) {
				errs = append(errs, definition.RowError{
					Row: int64(row), Column: fmt.Sprint(i % 2),
					Code: codes[i], Value: fmt.Sprint(row, i),
				})
			}
			rows = append(rows, errs)
		}
		limit := random.IntN(200)
		want := definition.NewErrorLog(limit)
		for _, errs := range rows {
			want.Add(errs...)
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		workers := make([]*definition.ErrorLog, 1+random.IntN(4))
		for i := range workers {
			workers[i] = definition.NewErrorLog(limit)
		}
		for _, errs := range rows {
			workers[random.IntN(len(workers))].Add(errs...)
		}
		for _, w := range workers[1:] {
			workers[0].Merge(w)
		}
		require.Equal(t, want.Total(), workers[0].Total())
		require.Equal(t, want.Errors(), workers[0].Errors())
		require.Equal(t, want.Groups(), workers[0].Groups())
	}
}

func TestErrorLogRangesAreTheRunsOfItsRows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		in := make(map[int64]bool)
		log := definition.NewErrorLog(1)
		for range random.IntN(3000) {
			row := 1 + random.Int64N(1+int64(seed)*200)
			in[row] = true
			log.Add(definition.RowError{Row: row, Code: definition.RowCellError})
		}
		var rows []int64
		for row := range in {
			rows = append(rows, row)
		}
		slices.Sort(rows)
		var want []definition.RowRange
		for _, row := range rows {
			if n := len(want); n > 0 && want[n-1].Last+1 == row {
				want[n-1].Last = row
			} else {
				want = append(want, definition.RowRange{First: row, Last: row})
			}
		}
		if groups := log.Groups(); len(want) > 0 {
			require.Equal(t, want[:min(20, len(want))], groups[0].RowRanges)
		}
	}
}

func TestErrorLogOfAWholeLargeFile(t *testing.T) {
	t.Parallel()
	logs := []*definition.ErrorLog{definition.NewErrorLog(10), definition.NewErrorLog(10)}
	const rows = 1_100_000
	for row := int64(1); row <= rows; row++ {
		logs[row/1000%2].Add(definition.RowError{Row: row, Column: "c", Code: definition.RowNumberInvalid})
	}
	logs[0].Merge(logs[1])
	groups := logs[0].Groups()
	require.EqualValues(t, rows, groups[0].Count)
	require.Equal(t, []definition.RowRange{{First: 1, Last: 1 << 20}}, groups[0].RowRanges)
	require.EqualValues(t, 10, logs[0].Errors()[9].Row)
}
