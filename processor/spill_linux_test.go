package processor_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
)

// spilled feeds many rows with little memory.
func spilled(t *testing.T, dir string, code processor.Script) (*processor.Aggregation, *processor.Spill) {
	t.Helper()
	spill := newSpill(t, processor.SpillConfig{Dir: dir, MemoryBytes: 16 << 10})
	c := threeSites().withCode(t, code)
	c.Spill = spill
	a, err := processor.New(c)
	require.NoError(t, err)
	w := a.Worker()
	for i := range int64(20_000) {
		require.Empty(t, w.Add(newRow(i+1, 0, [][]byte{[]byte(fmt.Sprintf("site %03d", i%7))})))
	}
	require.NoError(t, w.Err())
	return a, spill
}

// openTemporary are the temporary files that this process has open in a folder, whether or not they have a name there.
func openTemporary(t testing.TB, dir string) (files []string) {
	t.Helper()
	const open = "/proc/self/fd"
	all, err := os.ReadDir(open)
	require.NoError(t, err)
	for _, entry := range all {
		to, err := os.Readlink(filepath.Join(open, entry.Name()))
		if err == nil && strings.HasPrefix(to, dir+"/") {
			files = append(files, filepath.Join(open, entry.Name()))
		}
	}
	return files
}

// TestTheTemporaryFileIsGone after success and after an error, and has no name meanwhile.
func TestTheTemporaryFileIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code processor.Script
		fail bool
	}{
		"success": {returns("{}"), false},
		"failure": {returns("[]"), true},
	} {
		dir := t.TempDir()
		a, spill := spilled(t, dir, test.code)
		require.Len(t, openTemporary(t, dir), 1, name)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, name)
		_, err = a.Results(t.Context())
		require.Equal(t, test.fail, err != nil, "%v", err)
		require.NoError(t, spill.Close())
		require.Empty(t, openTemporary(t, dir), name)
	}
}

// TestTheTemporaryFileIsBounded shows that nothing is written beyond the limit.
func TestTheTemporaryFileIsBounded(t *testing.T) {
	t.Parallel()
	const most = 100 << 10
	dir := t.TempDir()
	c := threeSites().withCode(t, returns("{}"))
	c.Spill = newSpill(t, processor.SpillConfig{Dir: dir, MemoryBytes: 16 << 10, MaxBytes: most})
	a, err := processor.New(c)
	require.NoError(t, err)
	w := a.Worker()
	for i := int64(1); w.Err() == nil; i++ {
		require.Less(t, i, int64(most))
		w.Add(newRow(i, i, split("site")))
	}
	var limit *processor.LimitError
	require.ErrorAs(t, w.Err(), &limit)
	require.Equal(t, []definition.Param{{Name: "limit", Value: "spill"}, {Name: "max", Value: "102400"}}, limit.Params)
	file, err := os.Stat(openTemporary(t, dir)[0])
	require.NoError(t, err)
	require.LessOrEqual(t, file.Size(), int64(most))
	require.Greater(t, file.Size(), int64(most/2))
}

// TestAFileThatCannotBeUsedIsTold as nobody's fault, and without its path.
func TestAFileThatCannotBeUsedIsTold(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, err error) {
		t.Helper()
		var failure *processor.SpillError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, definition.ErrorStorageUnavailable, failure.Code)
		require.NotContains(t, failure.Message, "/")
		require.Contains(t, failure.Message, "run the import again")
	}
	t.Run("no folder", func(t *testing.T) {
		t.Parallel()
		c := threeSites().withCode(t, returns("{}"))
		var err error
		c.Spill, err = processor.NewSpill(processor.SpillConfig{Dir: filepath.Join(t.TempDir(), "absent"), MemoryBytes: 16 << 10})
		require.NoError(t, err)
		a, err := processor.New(c)
		require.NoError(t, err)
		workers := []*processor.Worker{a.Worker(), a.Worker()}
		for i := int64(1); workers[0].Err() == nil || workers[1].Err() == nil; i++ {
			require.Less(t, i, int64(10_000), "all workers are told")
			workers[i%2].Add(newRow(i, 0, [][]byte{[]byte("a")}))
		}
		check(t, workers[0].Err())
		check(t, workers[1].Err())
		require.ErrorIs(t, workers[0].Err(), fs.ErrNotExist)
		_, err = a.Results(t.Context())
		check(t, err)
		require.NoError(t, c.Spill.Close())
	})
	t.Run("cut", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		a, _ := spilled(t, dir, returns("{}"))
		require.NoError(t, os.Truncate(openTemporary(t, dir)[0], 5000))
		_, err := a.Results(t.Context())
		check(t, err)
	})
	t.Run("cut while it is read", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		a, _ := spilled(t, dir, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
			require.NoError(t, os.Truncate(openTemporary(t, dir)[0], 0))
			for _, err := range c.Rows {
				if err != nil {
					return nil, err
				}
			}
			return &script.Result{Output: []byte("{}")}, nil
		}))
		_, err := a.Results(t.Context())
		check(t, err)
	})
}

// TestMemoryDoesNotGrowWithTheRows gathers twenty times the rows that there is memory for and gives them to code, most of
// them to one call.
func TestMemoryDoesNotGrowWithTheRows(t *testing.T) { //nolint:paralleltest // measures memory
	const memory, rows = 4 << 20, 400_000
	used := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before, most := used(), uint64(0)
	text := strings.Repeat("x", 200)
	seen := 0
	c := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{siteColumn, column("s", definition.TypeString)},
		Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
	}}.withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
		n := 0
		for _, err := range c.Rows {
			if err != nil {
				return nil, err
			}
			if n++; n%20_000 == 1 {
				most = max(most, used())
			}
		}
		seen += n
		return &script.Result{Output: []byte(`{"x":1}`)}, nil
	}))
	dir := t.TempDir()
	c.Spill, c.Calls = newSpill(t, processor.SpillConfig{Dir: dir, MemoryBytes: memory}), 1
	a, err := processor.New(c)
	require.NoError(t, err)
	workers := []*processor.Worker{a.Worker(), a.Worker()}
	cells := [][]byte{nil, []byte(text)}
	for i := int64(1); i <= rows; i++ {
		if cells[0] = []byte("large"); i%10 == 0 {
			cells[0] = fmt.Appendf(nil, "small %d", i%100)
		}
		workers[i%2].Add(newRow(i, i, cells))
		if i%20_000 == 0 {
			most = max(most, used())
		}
	}
	file, err := os.Stat(openTemporary(t, dir)[0])
	require.NoError(t, err)
	require.Greater(t, file.Size(), int64(15*memory))
	_, err = a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, rows, seen)
	require.Less(t, most-min(before, most), uint64(3*memory), "bytes of heap beside %d of spill", memory)
}
