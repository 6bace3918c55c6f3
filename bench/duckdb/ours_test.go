package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
)

// What is measured must be the whole work: every group, each sum to the last digit.
func TestAggregateComputesEveryGroupExactly(t *testing.T) {
	t.Parallel()
	const rows = 30_000
	path := filepath.Join(t.TempDir(), "readings.csv")
	require.NoError(t, writeFile(path, rows))
	type place struct {
		site  string
		month int
	}
	sums, counts := map[place]int64{}, map[place]int64{}
	for i := range rows {
		row := data.At(i)
		at := place{data.SiteName(row.Site), row.Month}
		sums[at] += row.Milli
		counts[at]++
	}
	results, err := aggregate(t.Context(), path, 2)
	require.NoError(t, err)
	require.Len(t, results, len(sums))
	for _, result := range results {
		var got struct {
			Total json.Number
			N     int64
		}
		require.NoError(t, json.Unmarshal(result.ProcessedData, &got))
		at := place{*result.SiteKey, result.Period}
		want, _ := new(big.Rat).SetString(fmt.Sprintf("%d/1000", sums[at]))
		total, _ := new(big.Rat).SetString(got.Total.String())
		require.Zero(t, want.Cmp(total), "%v: %s", at, got.Total)
		require.Equal(t, counts[at], got.N)
	}
}
