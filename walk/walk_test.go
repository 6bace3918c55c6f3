package walk_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goShim stands in for the go command, so that the README's “go run .” need not build the program again.
const goShim = `#!/bin/sh
if [ "$1 $2" != "run ." ]; then
	echo "the walk may only say: go run ." >&2
	exit 1
fi
shift 2
exec "$WALK_BINARY" "$@"
`

// walk runs the README's shell blocks as one script and returns what each of them printed.
func (s *server) walk(t *testing.T) (commands, printed []string) {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go"), []byte(goShim), 0o700))
	s.environment = append(s.environment, "ENTREPOT_URL="+s.url, "WALK_BINARY="+s.binary,
		"PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_PROXY=127.0.0.1", "LC_ALL=C")
	const next = "\x1e"
	commands = blocks(t, "sh")
	script := "set -euo pipefail\n" + strings.Join(commands, "\nprintf '"+`\036`+"'\n")
	printed = strings.Split(s.run(t, "bash", "-c", script), next)
	require.Len(t, printed, len(commands))
	return commands, printed
}

// TestReadmeWalk runs the walk, from the token to the results of an import, and holds the results against sums that are
// made here from the same file, and awk's against them.
func TestReadmeWalk(t *testing.T) {
	t.Parallel()
	each(t, testWalk)
}

func testWalk(t *testing.T, s *server) {
	t.Helper()
	commands, printed := s.walk(t)
	of := func(what string) string {
		t.Helper()
		for i, command := range commands {
			if strings.Contains(command, what) {
				return printed[i]
			}
		}
		require.Fail(t, "the walk has no step with "+what)
		return ""
	}
	months := weather(t)
	require.Len(t, months, 96, "the sample has two cities and 48 months")

	watched := of("text/event-stream")
	events := strings.Split(strings.TrimSpace(watched), "\n\n")
	require.Contains(t, events[len(events)-1], "event: complete", "the stream must end with the import:\n%s", watched)
	require.Contains(t, events[len(events)-2],
		`{"status":"COMPLETED","progress":1,"rowCount":2922,"acceptedRowCount":2922,"rejectedRowCount":0,"error":null}`)

	var answer struct {
		Data struct {
			Import struct {
				Status   string
				RowCount int
				Results  struct {
					TotalCount int
					Nodes      []struct {
						SiteKey      string
						Site         struct{ Name string }
						Year, Period int
						// ProcessedData keeps the digits as they were sent.
						ProcessedData struct {
							Precipitation, Days, Wind json.Number
							TempMax                   json.Number `json:"temp_max"`
							TempMin                   json.Number `json:"temp_min"`
						}
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(of("results(")), &answer))
	got := answer.Data.Import
	require.Equal(t, "COMPLETED", got.Status)
	require.Equal(t, 2922, got.RowCount)
	require.Equal(t, 96, got.Results.TotalCount)
	names := map[string]string{"Seattle": "Seattle, Washington", "New York": "New York City"}
	perCity := map[string]int{}
	seen := map[string]bool{}
	for _, node := range got.Results.Nodes {
		name := fmt.Sprintf("%s,%04d-%02d", node.SiteKey, node.Year, node.Period)
		want, ok := months[name]
		require.True(t, ok, "%s is not in the file", name)
		require.False(t, seen[name], "%s came twice", name)
		seen[name] = true
		perCity[node.SiteKey]++
		require.Equal(t, names[node.SiteKey], node.Site.Name)
		data := node.ProcessedData
		requireEqual(t, want.precipitation, data.Precipitation.String(), name+" precipitation")
		requireEqual(t, want.highest, data.TempMax.String(), name+" temp_max")
		requireEqual(t, want.lowest, data.TempMin.String(), name+" temp_min")
		requireEqual(t, big.NewRat(want.days, 1), data.Days.String(), name+" days")
		// A mean is rounded to 15 significant digits, half a unit off at most.
		mean := new(big.Rat).Quo(want.wind, big.NewRat(want.days, 1))
		requireClose(t, mean, data.Wind.String(), new(big.Rat).Mul(mean, rat(t, "5e-15")), name+" wind")
	}
	require.Equal(t, map[string]int{"Seattle": 48, "New York": 48}, perCity)

	lines := strings.Split(strings.TrimSpace(of("awk")), "\n")
	require.Len(t, lines, len(months))
	for _, line := range lines {
		comma := strings.LastIndex(line, ",")
		require.Contains(t, months, line[:comma])
		requireClose(t, months[line[:comma]].precipitation, line[comma+1:], rat(t, "1e-9"), "awk's "+line)
	}

	require.Contains(t, of("wetter.csv.gz"),
		`{"status":"PARTIALLY_COMPLETED","rowCount":2922,"acceptedRowCount":2920,"rejectedRowCount":2,"error":null}`)
	wrong := of("rejectedRows { url }")
	require.Contains(t, wrong, `{"code":"DATE_INVALID","column":"date","count":1,`+
		`"rowRanges":[{"first":2,"last":2}],"sample":{"line":3,"value":"soon"`)
	require.Contains(t, wrong, `{"code":"NUMBER_INVALID","column":"precipitation","count":1,`+
		`"rowRanges":[{"first":4,"last":4}],"sample":{"line":5,"value":"a lot"`)
	require.Contains(t, wrong, "\nSeattle;soon;\"10,9\";\"10,6\";\"2,8\";\"4,5\";rain;2;3;")
	corrected := of(`"correctionOf"`)
	require.Contains(t, corrected,
		`{"status":"COMPLETED","rowCount":2922,"acceptedRowCount":2922,"rejectedRowCount":0,"error":null}`)
	require.Contains(t, corrected, `"supersededBy":{"id":"imp-`)
	header, rest, found := strings.Cut(of("resultsFile"), "\r\nNew York,New York City,2012,MONTHLY,1,precipitation,")
	require.True(t, found, header)
	require.Equal(t, "\uFEFFsite_key,site_name,year,period_unit,period,output,label,unit,value,"+
		"rows_processed,rows_rejected", header)
	first, _, _ := strings.Cut(rest, "\r\n")
	cells := strings.Split(first, ",")
	requireEqual(t, months["New York,2012-01"].precipitation, cells[len(cells)-3], first)
	require.Equal(t, []string{"31", "0"}, cells[len(cells)-2:])
	require.True(t, strings.HasSuffix(rest, fmt.Sprintf("\n%d\n", 1+5*len(months))), rest)
}

// month is what the file says of one city's month, exactly.
type month struct {
	precipitation, wind, highest, lowest *big.Rat
	days                                 int64
}

// weather adds the sample up with rational numbers, by “city,year-month”.
func weather(t *testing.T) map[string]*month {
	t.Helper()
	file, err := os.Open("../seed/files/weather.csv")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"location", "date", "precipitation", "temp_max", "temp_min", "wind", "weather"}, rows[0])
	months := map[string]*month{}
	for _, row := range rows[1:] {
		name := row[0] + "," + row[1][:len("2012-01")]
		m := months[name]
		if m == nil {
			m = &month{precipitation: new(big.Rat), wind: new(big.Rat), highest: rat(t, row[3]), lowest: rat(t, row[4])}
			months[name] = m
		}
		m.days++
		m.precipitation.Add(m.precipitation, rat(t, row[2]))
		m.wind.Add(m.wind, rat(t, row[5]))
		if highest := rat(t, row[3]); highest.Cmp(m.highest) > 0 {
			m.highest = highest
		}
		if lowest := rat(t, row[4]); lowest.Cmp(m.lowest) < 0 {
			m.lowest = lowest
		}
	}
	return months
}

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok, "%q is not a number", text)
	return r
}

func requireEqual(t *testing.T, want *big.Rat, got, what string) {
	t.Helper()
	require.Zero(t, want.Cmp(rat(t, got)), "%s is %s and should be %s", what, got, want.FloatString(12))
}

func requireClose(t *testing.T, want *big.Rat, got string, bound *big.Rat, what string) {
	t.Helper()
	off := new(big.Rat).Sub(want, rat(t, got))
	require.LessOrEqual(t, off.Abs(off).Cmp(bound), 0, "%s is %s and should be %s", what, got, want.FloatString(18))
}

// post sends a document with a bearer token and returns the whole answer.
func (s *server) post(t testing.TB, token, accept, document string) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer
}

// ask reads the data of an answer, which must have no errors.
func (s *server) ask(t testing.TB, token, document string, data any) {
	t.Helper()
	answer := struct{ Data, Errors json.RawMessage }{}
	require.NoError(t, json.Unmarshal(s.post(t, token, "application/json", document), &answer))
	require.Empty(t, answer.Errors, "%s", document)
	require.NoError(t, json.Unmarshal(answer.Data, data))
}

// await returns when an import is final: its subscription ends then.
func (s *server) await(t testing.TB, token, importID string) {
	t.Helper()
	document := fmt.Sprintf("subscription { importStatusChanged(importId: %q) { status } }", importID)
	require.Contains(t, string(s.post(t, token, "text/event-stream", document)), "event: complete")
}

// TestReadmeQueries sends the README's two documents to a server as it is at its first start.
func TestReadmeQueries(t *testing.T) {
	t.Parallel()
	each(t, testQueries)
}

func testQueries(t *testing.T, s *server) {
	t.Helper()
	token := strings.TrimSpace(s.run(t, s.binary, "token"))
	documents := blocks(t, "graphql")
	require.Len(t, documents, 2)

	type node struct {
		ID, Status, FileName, Error, ErrorCode string
		ImportDefinition                       struct{ Name string }
		ErrorParams                            []struct{ Name, Value string }
		Results                                struct {
			TotalCount int
			Nodes      []struct {
				SiteKey       string
				Year          int
				ProcessedData map[string]json.Number
			}
		}
	}
	var last struct{ Imports struct{ Nodes []node } }
	s.ask(t, token, documents[0], &last)
	require.Len(t, last.Imports.Nodes, 4, "the demonstration's imports are there from the start")
	for _, each := range last.Imports.Nodes {
		s.await(t, token, each.ID)
	}
	s.ask(t, token, documents[0], &last)

	var seen []string
	for _, each := range last.Imports.Nodes {
		seen = append(seen, fmt.Sprintf("%s %s: %s, %d", each.Status, each.FileName, each.ImportDefinition.Name,
			each.Results.TotalCount))
		if each.Status == "COMPLETED" {
			require.Len(t, each.Results.Nodes, 5)
			require.NotEmpty(t, each.Results.Nodes[0].SiteKey)
			require.NotEmpty(t, each.Results.Nodes[0].ProcessedData)
		}
	}
	require.Equal(t, []string{
		"FAILED product-reviews-broken.csv: Product reviews, 0",
		"COMPLETED product-reviews.csv: Product reviews, 24",
		"COMPLETED iowa-electricity.csv: Yearly electricity per source, 51",
		"COMPLETED weather.csv: Monthly weather per city, 96",
	}, seen, "newest first")

	var failed struct{ Imports struct{ Nodes []node } }
	s.ask(t, token, documents[1], &failed)
	require.Len(t, failed.Imports.Nodes, 1)
	broken := failed.Imports.Nodes[0]
	require.Equal(t, "product-reviews-broken.csv", broken.FileName)
	require.Equal(t, "COLUMN_MISSING", broken.ErrorCode)
	require.Contains(t, broken.Error, "column 'rating' is not in the file")
	require.NotEmpty(t, broken.ErrorParams)
}
