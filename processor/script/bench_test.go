//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// sums is a processor as people write it.
const sums = `function process(rows, context) {
  const months = {};
  for (const row of rows) {
    const month = Number(row.month.slice(5, 7));
    months[month] = (months[month] ?? 0) + row.kwh;
  }
  return { kwh: months };
}`

var threeColumns = []script.Column{
	{Name: "site", Type: definition.TypeString, Header: "Site"},
	{Name: "month", Type: definition.TypeString, Header: "Month"},
	{Name: "kwh", Type: definition.TypeNumber, Header: "kWh"},
}

// meter gives the rows of one of many sites: row n of it is row first+n*step of the file.
func meter(site, first, step, rows int) *script.Call {
	key := fmt.Sprintf("SITE-%05d", site)
	return &script.Call{Site: &script.Site{Key: key, Name: "Site " + key}, Rows: func(yield func([]byte, error) bool) {
		var b, month []byte
		for i := range rows {
			month = append(month[:0], "2024-00"...)
			month[5], month[6] = '0'+byte((i%12+1)/10), '0'+byte((i%12+1)%10)
			b = script.AppendRowNumber(b[:0], int64(first+i*step+1))
			b = script.AppendText(b, []byte(key))
			b = script.AppendText(b, month)
			b = script.AppendNumber(b, float64(i*7919%100_000)/100)
			if !yield(b, nil) {
				return
			}
		}
	}}
}

// runAll calls for every site, as many at a time as there are VMs.
func runAll(b *testing.B, r *script.Runner, sites, rows, at int) {
	b.Helper()
	var wait sync.WaitGroup
	next := make(chan int)
	for range at {
		wait.Go(func() {
			for site := range next {
				if _, err := r.Call(context.Background(), meter(site, site, sites, rows)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for site := range sites {
		next <- site
	}
	close(next)
	wait.Wait()
}

// BenchmarkOneMillionRows is all that a large import asks of its processor, start included: a million rows of three
// columns, in few calls and in many.
func BenchmarkOneMillionRows(b *testing.B) {
	for _, sites := range []int{10, 1_000, 12_000} {
		for _, vms := range []int{1, 2} {
			b.Run("sites="+strconv.Itoa(sites)+"/vms="+strconv.Itoa(vms), func(b *testing.B) {
				for b.Loop() {
					r, err := script.Start(b.Context(), script.Config{Code: sums, Columns: threeColumns, Year: 2024, VMs: vms})
					require.NoError(b, err)
					runAll(b, r, sites, 1_000_000/sites, vms)
					require.NoError(b, r.Close())
				}
			})
		}
	}
}

// BenchmarkStartOneRow is what a script costs the smallest import.
func BenchmarkStartOneRow(b *testing.B) {
	for b.Loop() {
		r, err := script.Start(b.Context(), script.Config{Code: sums, Columns: threeColumns, Year: 2024})
		require.NoError(b, err)
		_, err = r.Call(b.Context(), meter(1, 1, 1, 1))
		require.NoError(b, err)
		require.NoError(b, r.Close())
	}
}
