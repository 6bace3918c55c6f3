package walk_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readings is a file of a hundred rows, of which some are given as they are.
func readings(instead map[int]string) []byte {
	text := "site,date,use,cost\n"
	for row := 1; row <= 100; row++ {
		line, there := instead[row]
		if !there {
			line = right(row)
		}
		text += line + "\n"
	}
	return []byte(text)
}

func right(row int) string {
	return fmt.Sprintf("Plant %d,2024-%02d-%02d,%d.%02d,%d", row%3, 1+row%4, 1+row%28, row*7, row%100, row)
}

// TestCorrectedRowsGiveTheResultsOfARightFile imports a hundred rows of which three are bad, puts those right in the file
// that the import gives, and imports that as a correction: the results are those of the file that was right from the start.
func TestCorrectedRowsGiveTheResultsOfARightFile(t *testing.T) {
	t.Parallel()
	each(t, testCorrection)
}

func testCorrection(t *testing.T, s *server) {
	t.Helper()
	token := strings.TrimSpace(s.run(t, s.binary, "token"))
	definition := func(name string) string {
		var outputs []any
		for _, aggregate := range []string{"SUM", "AVERAGE", "MIN", "MAX", "COUNT", "FIRST", "LAST"} {
			outputs = append(outputs, map[string]any{
				"key": strings.ToLower(aggregate), "periodUnit": "MONTHLY", "aggregate": aggregate, "column": "use",
			})
		}
		return s.define(t, token, map[string]any{
			"name": name, "onInvalidRow": "SKIP", "outputSchema": outputs,
			"inputSchema": []any{
				map[string]any{"name": "site", "type": "STRING", "role": "SITE_IDENTIFIER", "required": true},
				map[string]any{"name": "date", "type": "DATE", "role": "PERIOD", "required": true},
				map[string]any{"name": "use", "type": "NUMBER", "required": true},
				map[string]any{"name": "cost", "type": "NUMBER"},
			},
		})
	}
	bad := map[int]string{
		7:  "Plant 1,2024-04-08,=1+1,7",          // a formula in the place of a number
		42: "Plant 0,2024-13-43,294.42,42",       // a day that is none
		99: `Plant 0,2024-04-16,"693.99,99` + "", // a quote that is not closed
	}
	wanted := s.importFile(t, token, map[string]any{
		"uploadHistoryId":    s.upload(t, token, "right.csv", readings(nil)),
		"importDefinitionId": definition("Right from the start"),
	})
	require.Equal(t, "COMPLETED", wanted.Status, wanted.Error)
	require.Equal(t, 12, wanted.Results.TotalCount)

	corrected := definition("Corrected")
	first := s.importFile(t, token, map[string]any{
		"uploadHistoryId": s.upload(t, token, "wrong.csv", readings(bad)), "importDefinitionId": corrected,
	})
	require.Equal(t, "PARTIALLY_COMPLETED", first.Status, first.Error)
	require.Equal(t, [3]int{100, 97, 3}, [3]int{first.RowCount, first.AcceptedRowCount, first.RejectedRowCount})
	var codes []string
	for _, e := range first.RowErrors.Nodes {
		require.Equal(t, e.Row+1, e.Line)
		codes = append(codes, fmt.Sprintf("%d %s %s", e.Row, e.Column, e.Code))
	}
	require.Equal(t, []string{"7 use NUMBER_INVALID", "42 date DATE_INVALID", "99 use QUOTE_UNCLOSED"}, codes)

	second := s.importFile(t, token, map[string]any{
		"uploadHistoryId":    s.upload(t, token, "wrong-rejected.csv", s.putRight(t, first.RejectedRows.URL)),
		"importDefinitionId": corrected, "correctionOf": first.ID,
	})
	require.Equal(t, "COMPLETED", second.Status, "%s %v", second.Error, second.RowErrors.Nodes)
	require.Equal(t, [3]int{100, 100, 0}, [3]int{second.RowCount, second.AcceptedRowCount, second.RejectedRowCount})
	require.Equal(t, wanted.Results, second.Results, "all of it: values, counts, order")
	require.Equal(t, first.ID, second.CorrectionOf.ID)
	require.Nil(t, second.RejectedRows)
	first = s.outcome(t, token, first.ID)
	require.Equal(t, second.ID, first.SupersededBy.ID)

	// Of the two, only the correction's results are current, and they can be had as a file.
	var current struct {
		ImportResults struct {
			TotalCount int
			Nodes      []struct{ Import struct{ ID string } }
		}
	}
	s.call(t, token, `query ($id: ID!) { importResults(first: 100, filter: { importDefinitionId: $id }) {
		totalCount nodes { import { id } } } }`, map[string]any{"id": corrected}, &current)
	require.Equal(t, 12, current.ImportResults.TotalCount)
	for _, node := range current.ImportResults.Nodes {
		require.Equal(t, second.ID, node.Import.ID)
	}
	lines := strings.Split(strings.TrimSpace(string(s.download(t, second.ResultsFile.URL))), "\n")
	require.Len(t, lines, 12*7, "a line for each site, period and output")
	for _, line := range lines {
		require.True(t, json.Valid([]byte(line)), line)
	}
}

func (s *server) download(t *testing.T, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	return fetch(t, request)
}

// putRight does what a person does with the rows that were set aside: opens them, puts each right, and saves them with
// the columns that tell what was wrong. No cell may be one that a spreadsheet runs.
func (s *server) putRight(t *testing.T, url string) []byte {
	t.Helper()
	file := s.download(t, url)
	table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
	require.NoError(t, err, "%s", file)
	require.Len(t, table, 4, "%s", file)
	header := table[0]
	require.Subset(t, header, []string{"site", "date", "use", "cost"})
	number := slices.Index(header, "_row")
	require.GreaterOrEqual(t, number, 0, "%v", header)
	require.GreaterOrEqual(t, slices.Index(header, "_error"), 0, "%v", header)
	for _, row := range table[1:] {
		require.Len(t, row, len(header), "%v", row)
		for _, cell := range row {
			require.NotContains(t, "=+-@\t\r", string((cell + " ")[0]), "a spreadsheet would run %q", cell)
		}
		var place int
		_, err := fmt.Sscan(row[number], &place)
		require.NoError(t, err)
		for i, cell := range strings.Split(right(place), ",") {
			row[slices.Index(header, []string{"site", "date", "use", "cost"}[i])] = cell
		}
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	require.NoError(t, w.WriteAll(table))
	return out.Bytes()
}
