package tabular_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// Long lines are taken apart a piece at a time: no cell may be cut, or lost, where a piece ends.
func TestLongLinesAreCutAtTheirDelimitersAlone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		width := 2 + random.IntN(900)
		cells := make([]string, width)
		for i := range cells {
			cells[i] = strings.Repeat("x", random.IntN(4))
			if random.IntN(50) == 0 {
				cells[i] = strings.Repeat("y", random.IntN(3000))
			}
		}
		cells[0] = "first"
		cells[width-1] = "last"
		row := strings.Join(cells, ",")
		r, err := tabular.Open(strings.NewReader(strings.Repeat("h,", width-1)+"h\n"+row+"\n"+row), tabular.Config{
			Format: tabular.Format{Delimiter: ',', HeaderRow: 1},
		})
		require.NoError(t, err)
		for range 2 {
			record, err := r.Next()
			require.NoError(t, err)
			require.Nil(t, record.Problem)
			require.Equal(t, row, string(record.Raw))
			for i, cell := range record.Cells {
				require.Equal(t, cells[i], string(cell), "cell %d of %d", i, width)
			}
		}
		require.NoError(t, r.Close())
	}
}

// What costs a reader of line ends a minute is refused as what it is; ordinary numbers of them never are.
func TestBlankRowsHaveALimit(t *testing.T) {
	t.Parallel()
	read := func(blank int) (rows int, err error) {
		text := "h\na\n" + strings.Repeat("\n", blank) + "b\n"
		r, err := tabular.Open(strings.NewReader(text), tabular.Config{Limits: tabular.Limits{MaxRows: 2}})
		require.NoError(t, err)
		defer func() { require.NoError(t, r.Close()) }()
		for {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				return rows, nil
			} else if err != nil {
				return rows, err
			}
			if !record.Blank {
				rows++
			}
		}
	}
	rows, err := read(1 << 20)
	require.NoError(t, err)
	require.Equal(t, 2, rows)
	_, err = read(1<<20 + 1)
	var limit *tabular.Error
	require.ErrorAs(t, err, &limit)
	require.Equal(t, definition.ErrorLimitExceeded, limit.Code)
	require.Contains(t, limit.Reason, "blank rows")
}

// Of bytes that are no text, none is taken for a letter.
func TestNoiseIsNoEncoding(t *testing.T) {
	t.Parallel()
	_, err := tabular.Open(io.LimitReader(rand.NewChaCha8([32]byte{2}), 1<<20), tabular.Config{})
	var unknown *tabular.Error
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, definition.ErrorEncodingUnknown, unknown.Code)
}
