package hostile_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// answered is a text with what papaparse makes of it (see peer/answers.mjs).
type answered struct {
	Valid     bool
	Text      string
	Delimiter string
	Newline   string
	Rows      [][]string
	Errors    []string
}

// Where papaparse is right, the reader says the same: of what a program writes always, and of what nobody should have
// written it may say more, never something else. A row is either the same or set aside, and where papaparse has
// something against the quotes of a file, a row of it is set aside.
func TestReaderAgreesWithPapaparse(t *testing.T) {
	t.Parallel()
	valid, same, aside := 0, 0, 0
	for _, a := range answers(t) {
		if !a.Valid && strings.ContainsRune(a.Text, '\r') {
			continue // papaparse takes one kind of line end, and keeps the others as text
		}
		rows, problems := records(t, a)
		if a.Valid {
			require.Zero(t, problems, "%q", a.Text)
			require.Equal(t, withText(a.Rows), rows, "%q", a.Text)
			valid++
			continue
		}
		if problems > 0 {
			aside++
			continue
		}
		require.NotContains(t, a.Errors, "MissingQuotes", "%q", a.Text)
		require.NotContains(t, a.Errors, "InvalidQuotes", "%q", a.Text)
		require.Equal(t, withText(a.Rows), rows, "%q", a.Text)
		same++
	}
	require.Greater(t, valid, 300)
	require.Greater(t, same, 50)
	require.Greater(t, aside, 50)
}

func answers(t *testing.T) (all []answered) {
	t.Helper()
	file, err := os.Open("testdata/papaparse.json")
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var a answered
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		all = append(all, a)
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, all)
	return all
}

// records are the header and the rows in order, and how many are not.
func records(t *testing.T, a answered) (rows [][]string, problems int) {
	t.Helper()
	r, err := tabular.Open(strings.NewReader(a.Text), tabular.Config{Format: tabular.FormatOf(definition.Format{
		Kind: definition.KindCSV, Encoding: "UTF-8", Delimiter: a.Delimiter, Quote: `"`, HeaderRow: 1,
	})})
	require.NoError(t, err, "%q", a.Text)
	defer func() { require.NoError(t, r.Close()) }()
	rows = append(rows, r.Header())
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return withText(rows), problems
		}
		require.NoError(t, err, "%q", a.Text)
		if record.Problem != nil {
			problems++
			continue
		}
		var cells []string
		for _, cell := range record.Cells {
			cells = append(cells, string(cell))
		}
		rows = append(rows, cells)
	}
}

// withText leaves out rows that are blank and cells that are empty and last, of which readers may have more or fewer.
func withText(rows [][]string) (kept [][]string) {
	for _, row := range rows {
		blank := !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
		if blank {
			continue
		}
		row = slices.Clone(row)
		for row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		kept = append(kept, row)
	}
	return kept
}
