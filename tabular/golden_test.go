package tabular_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"entrepot/tabular"
)

// TestGoldenFiles reads files that other programs have written (testdata/golden/generate.py) and compares with what
// those say is in them, in small pieces too.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/golden/*.json")
	require.NoError(t, err)
	require.Greater(t, len(names), 25)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			var want struct {
				Detected map[string]any
				Header   []string
				Records  []any // cells, or “row:line CODE value”
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &want))
			for _, size := range []int{1, 13, 1 << 17} {
				file, err := os.Open(strings.TrimSuffix(name, ".json"))
				require.NoError(t, err)
				defer file.Close()
				r, err := tabular.OpenSized(iotest.HalfReader(file), tabular.Config{}, size)
				require.NoError(t, err)
				require.Equal(t, want.Header, r.Header())
				for _, record := range want.Records {
					got, err := r.Next()
					require.NoError(t, err)
					if told, ok := record.(string); ok {
						require.NotNil(t, got.Problem, told)
						require.Equal(t, told, fmt.Sprintf("%d:%d %s %s", got.Row, got.Line, got.Problem.Code, got.Problem.Value()))
						continue
					}
					require.Nil(t, got.Problem)
					var cells []any
					for _, cell := range got.Cells {
						cells = append(cells, string(cell))
					}
					require.Equal(t, record, cells)
				}
				_, err = r.Next()
				require.ErrorContains(t, err, "EOF")
				found, err := json.Marshal(r.Detected())
				require.NoError(t, err)
				var detected map[string]any
				require.NoError(t, json.Unmarshal(found, &detected))
				for field, value := range want.Detected {
					require.Equal(t, value, detected[field], field)
				}
				require.NoError(t, r.Close())
			}
		})
	}
}
