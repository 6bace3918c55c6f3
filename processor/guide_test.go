package processor_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The guide for authors of processors is held to its word: its examples are run, what it says of limits and codes is
// compared, its document is validated.
const guide = "../docs/processors.md"

// example is one of the guide, from a heading to the next.
type example struct {
	title   string
	version definition.Version
	year    int
	file    [][]string
	code    string
	results []string // site, period, values
	cut     bool     // only the first of them are shown
	console []string
}

var (
	heading    = regexp.MustCompile(`(?m)^### `)
	declared   = regexp.MustCompile("(?s)\nColumns: (.*?)\\. Outputs: (.*?)\\.(?:\\s+Year: (\\d+)\\.)?\n\n")
	columnOf   = regexp.MustCompile("`(\\w+)` ([A-Z]+)(?: ([A-Z_]+))?(?:,|$)")
	resultRow  = regexp.MustCompile("(?m)^\\| *(\\S*) *\\| (\\S+) \\| `(.*)` \\|$")
	fenceOrder = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
)

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	require.NoError(t, err)
	return string(text)
}

// fences gives the blocks of one language.
func fences(text, language string) (all []string) {
	for _, m := range fenceOrder.FindAllStringSubmatch(text, -1) {
		if m[1] == language {
			all = append(all, m[2])
		}
	}
	return all
}

func section(t *testing.T, text, title string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n## "+title+"\n")
	require.True(t, found, title)
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

func readExamples(t *testing.T, text string) (all []example) {
	t.Helper()
	for _, part := range heading.Split(section(t, text, "Examples"), -1)[1:] {
		title, _, _ := strings.Cut(part, "\n")
		e := example{title: title}
		m := declared.FindStringSubmatch(part)
		require.NotNil(t, m, title)
		for _, c := range columnOf.FindAllStringSubmatch(strings.ReplaceAll(m[1], "\n", " "), -1) {
			e.version.Columns = append(e.version.Columns, definition.Column{
				Name: c[1], Type: definition.ColumnType(c[2]), Role: definition.ColumnRole(c[3]),
			})
		}
		for _, o := range columnOf.FindAllStringSubmatch(strings.ReplaceAll(m[2], "\n", " "), -1) {
			e.version.Outputs = append(e.version.Outputs, definition.Output{
				Key: o[1], Type: definition.OutputType(o[2]), PeriodUnit: definition.PeriodUnit(o[3]),
			})
		}
		require.Len(t, e.version.Columns, strings.Count(m[1], "`")/2)
		require.Len(t, e.version.Outputs, strings.Count(m[2], "`")/2)
		e.year, _ = strconv.Atoi(m[3])
		code, file := fences(part, "js"), fences(part, "csv")
		require.Len(t, code, 1, title)
		require.Len(t, file, 1, title)
		e.code, e.file = code[0], readCSV(t, file[0])
		for _, r := range resultRow.FindAllStringSubmatch(part, -1) {
			e.results = append(e.results, strings.Join(r[1:], " "))
		}
		require.NotEmpty(t, e.results, title)
		e.cut = strings.Contains(part, "\n| … |")
		for _, lines := range fences(part, "console") {
			e.console = strings.Split(strings.TrimSpace(lines), "\n")
		}
		all = append(all, e)
	}
	return all
}

func readCSV(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return rows
}

// run runs a file through the definition as an import does.
func (e *example) run(t *testing.T, file [][]string) (results, console []string, err error) {
	t.Helper()
	names := make([]string, len(e.version.Columns))
	for i := range names {
		names[i] = e.version.Columns[i].Name
	}
	require.Equal(t, names, file[0])
	e.version.Code = e.code
	require.Empty(t, e.version.Normalize().Check())
	var rows []string
	for _, cells := range file[1:] {
		rows = append(rows, strings.Join(cells, "|"))
	}
	a := feed(t, table{version: e.version, year: e.year}.withEngine(t, e.code), rows...)
	all, err := a.Results(t.Context())
	for _, r := range all {
		site := ""
		if r.SiteKey != nil {
			site = *r.SiteKey
		}
		period := map[definition.PeriodUnit]string{
			definition.Yearly: "", definition.Quarterly: fmt.Sprintf("-Q%d", r.Period),
			definition.Monthly: fmt.Sprintf("-%02d", r.Period),
		}[r.PeriodUnit]
		results = append(results, fmt.Sprintf("%s %d%s %s", site, r.Year, period, r.ProcessedData))
	}
	return results, logLines(a.Log()), err
}

func TestExamplesOfTheGuide(t *testing.T) {
	t.Parallel()
	examples := readExamples(t, readGuide(t))
	require.GreaterOrEqual(t, len(examples), 10)
	for _, e := range examples {
		t.Run(e.title, func(t *testing.T) {
			t.Parallel()
			results, console, err := e.run(t, e.file)
			require.NoError(t, err)
			if e.cut {
				require.Greater(t, len(results), len(e.results))
				results = results[:len(e.results)]
			}
			require.Equal(t, e.results, results)
			require.Equal(t, e.console, console)
		})
	}
}

// The first code of all is the one that everybody copies.
func TestFirstCodeOfTheGuide(t *testing.T) {
	t.Parallel()
	e := example{year: 2024, code: fences(readGuide(t), "js")[0], version: definition.Version{
		Columns: []definition.Column{column("kWh", definition.TypeNumber), column("text", definition.TypeString)},
		Outputs: []definition.Output{scriptOutput("kwh", definition.OutputNumber, definition.Yearly)},
	}}
	results, _, err := e.run(t, [][]string{{"kWh", "text"}, {"1.5", ""}, {"", "no number"}, {"2", ""}})
	require.NoError(t, err)
	require.Equal(t, []string{` 2024 {"kwh":3.5}`}, results)
}

// The error that the guide shows is that of its first example.
func TestErrorOfTheGuide(t *testing.T) {
	t.Parallel()
	text := readGuide(t)
	e := readExamples(t, text)[0]
	wrong := section(t, text, "When something goes wrong")
	_, _, err := e.run(t, readCSV(t, fences(wrong, "csv")[0]))
	var failure *processor.ScriptError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, definition.ErrorScriptThrew, failure.Code)
	require.Equal(t, strings.TrimSpace(fences(wrong, "text")[0]), failure.Message)
	codes := (definition.ImportErrorCode)("").Values()
	listed := regexp.MustCompile(`(?m)^\| ([A-Z_]+) \|`).FindAllStringSubmatch(wrong, -1)
	require.Len(t, listed, 7)
	for _, m := range listed {
		require.Contains(t, codes, m[1])
	}
}

// Every type of column has its line in the table of values.
func TestTypesOfTheGuide(t *testing.T) {
	t.Parallel()
	given := section(t, readGuide(t), "What process is given")
	for _, kind := range (definition.ColumnType)("").Values() {
		require.Contains(t, given, "\n| "+kind+" |")
	}
}

// The limits that the guide tells are those of the server.
func TestLimitsOfTheGuide(t *testing.T) {
	t.Parallel()
	limits := section(t, readGuide(t), "Limits")
	server, runner := definition.DefaultLimits(), script.DefaultLimits()
	const mi = 1 << 20
	for what, want := range map[string]string{
		"`scriptBytes`":         thousands(server.ScriptBytes) + " bytes",
		"`scriptMemoryBytes`":   fmt.Sprintf("%d MiB", server.ScriptMemoryBytes/mi),
		"`scriptCpuMillis`":     fmt.Sprintf("%d s", server.ScriptCPUMillis/1000),
		"one call by the clock": fmt.Sprintf("%d s", int(runner.CallWall.Seconds())),
		"all calls":             fmt.Sprintf("%d min", int(runner.ImportCPU.Minutes())),
		"`scriptRows`":          thousands(server.ScriptRows),
		"`scriptInputBytes`":    fmt.Sprintf("%d MiB", server.ScriptInputBytes/mi),
		"`maxSpillBytes`":       fmt.Sprintf("%d GiB", server.MaxSpillBytes>>30),
		"`maxSites`":            thousands(server.MaxSites) + " each",
		"`maxResults`":          thousands(server.MaxResults) + " each",
		"what one call returns": fmt.Sprintf("%d MiB", runner.OutputBytes/mi),
		"`maxLogLines`":         thousands(server.MaxLogLines),
		"text of the console":   fmt.Sprintf("%d KiB", runner.LogBytes>>10),
		"one line":              thousands(runner.LogLineRunes) + " characters",
	} {
		require.Regexp(t, `(?m)^\|[^|]*`+regexp.QuoteMeta(what)+`[^|]*\| `+regexp.QuoteMeta(want)+` \|`, limits)
	}
	require.Equal(t, runner.LogLines, server.MaxLogLines)
	require.Equal(t, runner.CallCPU.Milliseconds(), int64(server.ScriptCPUMillis))
	require.Equal(t, runner.MemoryBytes, server.ScriptMemoryBytes)
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := []byte(strconv.Itoa(n))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}

// The document and its variables are valid, and the draft in them does what the first code does.
func TestPreviewOfTheGuide(t *testing.T) {
	t.Parallel()
	try := section(t, readGuide(t), "Try it")
	source, err := os.ReadFile("../schema.graphql")
	require.NoError(t, err)
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(source)})
	require.NoError(t, err)
	document, errs := gqlparser.LoadQueryWithRules(schema, fences(try, "graphql")[0], rules.NewDefaultRules())
	require.Empty(t, errs)
	var variables struct {
		Input struct {
			Year  int
			Draft struct {
				InputSchema   []definition.Column
				OutputSchema  []definition.Output
				ProcessorCode string
			}
		}
	}
	text := fences(try, "json")[0]
	given := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(text), &given))
	_, err = validator.VariableValues(schema, document.Operations[0], given)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(text), &variables))
	draft := variables.Input.Draft
	e := example{year: variables.Input.Year, code: draft.ProcessorCode, version: definition.Version{
		Columns: draft.InputSchema, Outputs: draft.OutputSchema,
	}}
	results, _, err := e.run(t, [][]string{{"Site", "kWh"}, {"Ankara", "1.5"}, {"Ankara", "2"}})
	require.NoError(t, err)
	require.Equal(t, []string{`Ankara 2024 {"kwh":3.5}`}, results)
}
