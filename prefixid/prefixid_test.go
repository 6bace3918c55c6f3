package prefixid_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/prefixid"
)

func TestIdsAreUniqueTellTheirTypeAndSortByTime(t *testing.T) {
	t.Parallel()
	var ids []string
	for range 20 {
		ids = append(ids, prefixid.New(prefixid.Import))
		time.Sleep(2 * time.Millisecond) // the order within a millisecond is by chance
	}
	require.True(t, slices.IsSorted(ids))
	require.Len(t, slices.Compact(slices.Clone(ids)), len(ids))
	for _, id := range ids {
		require.True(t, prefixid.Is(prefixid.Import, id))
		require.False(t, prefixid.Is(prefixid.Result, id))
		require.Regexp(t, `^imp-[0-9a-v]{26}$`, id)
	}
}

func TestWhatIsNoID(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "imp", "imp-", "-x", string(make([]byte, 65)) + "-x"} {
		_, _, ok := prefixid.Parse(text)
		require.False(t, ok, "%q", text)
	}
}

func TestNumbersFit53BitsAndHaveOneSpelling(t *testing.T) {
	t.Parallel()
	for range 1000 {
		n := prefixid.NewNumber()
		require.Positive(t, n)
		require.Less(t, n, int64(1)<<53)
		got, ok := prefixid.Number(prefixid.UploadHistory, prefixid.FromNumber(prefixid.UploadHistory, n))
		require.True(t, ok)
		require.Equal(t, n, got)
	}
	for _, id := range []string{
		"upl-0", "upl--1", "upl-01", "upl-+1", "upl-1.0", "upl-x", "upl-99999999999999999999", "imp-1", "upl-",
	} {
		_, ok := prefixid.Number(prefixid.UploadHistory, id)
		require.False(t, ok, id)
	}
}
