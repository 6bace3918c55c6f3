package processor_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor"
)

// TestWhatAnotherProgramWritesInALocaleIsReadInIt reads what ICU writes in every locale that a format may name; see
// testdata/locale/make.mjs.
func TestWhatAnotherProgramWritesInALocaleIsReadInIt(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/locale/golden.json")
	require.NoError(t, err)
	var golden map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &golden))
	for _, tag := range definition.Locales() {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			var cells [][3]string
			require.NoError(t, json.Unmarshal(golden[tag], &cells))
			require.Greater(t, len(cells), 40)
			format := definition.Format{Locale: tag}
			for _, c := range cells {
				kind, text, want := c[0], c[1], c[2]
				if kind == "PERIOD" {
					require.Equal(t, want, readPeriod(t, format, text), "%s %q", kind, text)
					continue
				}
				if kind == "DATE" {
					want = strconv.Quote(want)
				}
				config := processor.Config{Version: definition.Version{Format: format}}
				got := readFrom(t, config, column("", definition.ColumnType(kind)), text, definition.CellText)
				require.Equal(t, want, got, "%s %q", kind, text)
			}
		})
	}
}

// readPeriod is the month that a text in a period column means, or the code of what is wrong with it.
func readPeriod(t *testing.T, format definition.Format, text string) string {
	t.Helper()
	a, err := processor.New(table{version: definition.Version{
		Columns: []definition.Column{{Name: "p", Type: definition.TypeString, Role: definition.RolePeriod}},
		Format:  format,
		Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: definition.Monthly}},
	}}.config())
	require.NoError(t, err)
	if errs := a.Worker().Add(newRow(1, 2, [][]byte{[]byte(text)})); len(errs) > 0 {
		return string(errs[0].Code)
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	return fmt.Sprintf("%04d-%02d", results[0].Year, results[0].Period)
}
