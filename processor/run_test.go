package processor_test

import (
	"encoding/binary"
	"testing"

	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// runOf writes a run: for each site its rows, all of them one after the other.
func runOf(sites ...[]string) []byte {
	var run []byte
	for id, rows := range sites {
		var body []byte
		for _, row := range rows {
			body = binary.AppendUvarint(body, 1<<20)
			body = append(binary.AppendUvarint(body, uint64(len(row))), row...)
		}
		run = binary.AppendUvarint(binary.AppendUvarint(run, uint64(id)), uint64(len(body)))
		run = append(run, body...)
	}
	return run
}

func TestRunsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	run := runOf([]string{"a", "", "a longer row than the window"}, []string{"b"})
	for _, inMemory := range []bool{true, false} {
		rows, err := processor.ReadRun(run, 2, inMemory)
		require.NoError(t, err)
		require.Equal(t, []string{"0a", "0", "0a longer row than the window", "1b"}, rows)
		for cut := range run {
			rows, err := processor.ReadRun(run[:cut], 2, inMemory)
			whole := cut == 0 || cut == len(run)-len(runOf([]string{"b"}))
			require.Equal(t, whole, err == nil, "cut at %d: %v", cut, rows)
		}
		_, err = processor.ReadRun(run, 1, inMemory)
		require.Error(t, err, "a site that there is not")
	}
}

// FuzzRun reads anything as a run: it ends, in memory or not, with the same rows or an error.
func FuzzRun(f *testing.F) {
	f.Add([]byte{})
	f.Add(runOf([]string{"a", "bc"}, []string{""}))
	f.Add(append(runOf([]string{"a"}), 0xff, 0xff))
	f.Add(binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint([]byte{1, 20}, 1<<63), 1<<62), 1<<40))
	f.Add([]byte{0, 3, 0, 1, 'a'})
	f.Fuzz(func(t *testing.T, run []byte) {
		rows, err := processor.ReadRun(run, 10, true)
		others, otherErr := processor.ReadRun(run, 10, false)
		require.Equal(t, rows, others)
		require.Equal(t, err == nil, otherErr == nil, "%v, %v", err, otherErr)
		size := 0
		for _, row := range rows {
			size += len(row) - 1
		}
		require.LessOrEqual(t, size, len(run))
	})
}
