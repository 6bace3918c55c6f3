package processor_test

import (
	"fmt"
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// table is a version with its file: the header is the columns' names.
type table struct {
	version definition.Version
	year    int
	sites   processor.Sites
	rows    []string // cells separated by |
}

func (f table) config() processor.Config {
	c := processor.Config{Version: f.version.Normalize(), Year: f.year, Sites: f.sites}
	for i := range f.version.Columns {
		c.Columns = append(c.Columns, i)
	}
	return c
}

func split(row string) [][]byte {
	var cells [][]byte
	for cell := range strings.SplitSeq(row, "|") {
		cells = append(cells, []byte(cell))
	}
	return cells
}

// newRow is a record of text cells.
func newRow(number, line int64, cells [][]byte) *processor.Row {
	return &processor.Row{Order: number, Number: number, Line: line, Cells: cells}
}

// run feeds the rows to one worker and writes each result and each error on a line.
func (f table) run(t testing.TB) (results, errs []string) {
	t.Helper()
	a, err := processor.New(f.config())
	require.NoError(t, err)
	w := a.Worker()
	for i, row := range f.rows {
		for _, e := range w.Add(newRow(int64(i+1), int64(i+2), split(row))) {
			require.EqualValues(t, i+1, e.Row)
			require.EqualValues(t, i+2, e.Line)
			require.NotEmpty(t, e.Message)
			require.True(t, strings.HasSuffix(e.Message, ".") && !strings.HasSuffix(e.Message, "' ."), e.Message)
			errs = append(errs, fmt.Sprintf("%d %s %s", e.Row, e.Column, e.Code))
		}
	}
	require.NoError(t, w.Err())
	all, err := a.Results(t.Context())
	require.NoError(t, err)
	return lines(all), errs
}

func lines(results []processor.Result) []string {
	var all []string
	for _, r := range results {
		site := "-"
		if r.SiteKey != nil {
			site = *r.SiteKey
		}
		if r.SiteID != "" {
			site += "=" + r.SiteID
		}
		all = append(all, fmt.Sprintf("%s %d %s %d %s %d/%d", site, r.Year, r.PeriodUnit, r.Period, r.ProcessedData,
			r.RowsProcessed, r.RowsRejected))
	}
	return all
}

func column(name string, kind definition.ColumnType) definition.Column {
	return definition.Column{Name: name, Type: kind}
}

func output(key string, a definition.Aggregate, column string) definition.Output {
	return definition.Output{Key: key, Aggregate: a, Column: column}
}

var (
	siteColumn   = definition.Column{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier}
	dateColumn   = definition.Column{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod}
	textPeriod   = definition.Column{Name: "period", Type: definition.TypeString, Role: definition.RolePeriod}
	monthlyCount = definition.Output{Key: "rows", Aggregate: definition.Count, PeriodUnit: definition.Monthly}
)

// known finds sites whatever the case, and counts the questions.
type known map[string]processor.Site

func (k known) Lookup(text string) (processor.Site, bool) {
	s, ok := k[strings.ToLower(text)]
	return s, ok
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	text := definition.OutputString
	results, errs := table{
		year: 2024,
		version: definition.Version{
			Columns: []definition.Column{
				column("n", definition.TypeNumber), column("i", definition.TypeInteger), column("b",
					definition.TypeBoolean),
				column("s", definition.TypeString), column("d", definition.TypeDate), column("t",
					definition.TypeDateTime),
			},
			Format: definition.Format{TimeZone: "Europe/Istanbul"},
			Outputs: []definition.Output{
				output("sum", definition.Sum, "n"),
				output("average", definition.Average, "n"),
				output("min", definition.Min, "n"),
				output("max", definition.Max, "n"),
				output("filled", definition.Count, "n"),
				output("rows", definition.Count, ""),
				output("first", definition.First, "n"),
				output("last", definition.Last, "i"),
				output("total", definition.Sum, "i"),
				{Key: "ok", Aggregate: definition.Last, Column: "b", Type: definition.OutputBoolean},
				{Key: "was", Aggregate: definition.First, Column: "b", Type: definition.OutputBoolean},
				{Key: "note", Aggregate: definition.First, Column: "s", Type: text},
				{Key: "end", Aggregate: definition.Last, Column: "s", Type: text},
				{Key: "from", Aggregate: definition.Min, Column: "d", Type: text},
				{Key: "to", Aggregate: definition.Max, Column: "d", Type: text},
				{Key: "day", Aggregate: definition.Last, Column: "d", Type: text},
				{Key: "at", Aggregate: definition.Min, Column: "t", Type: text},
				{Key: "until", Aggregate: definition.Max, Column: "t", Type: text},
			},
		},
		rows: []string{
			"|||  ||",
			"1.50|7|Yes| a\"b<ş> |2024-03-15|2024-03-15T10:00:00Z",
			"-0.25| |no||1969-12-31|2024-03-15 12:30",
			"1e2|-3||z\n|20240401|2024-03-15T12:59:59.250+03:00",
			" 0 ||TRUE|||",
		},
	}.run(t)
	require.Empty(t, errs)
	require.Equal(t, []string{`- 2024 YEARLY 1 {"sum":101.25,"average":25.3125,"min":-0.25,"max":100,"filled":4,"rows":5,` +
		`"first":1.5,"last":-3,"total":4,"ok":true,"was":true,"note":" a\"b<ş> ","end":"z\n","from":"1969-12-31",` +
		`"to":"2024-04-01","day":"2024-04-01","at":"2024-03-15T12:30:00+03:00","until":"2024-03-15T13:00:00+03:00"} 5/0`}, results)
}

func TestOutputsWithoutValuesAreLeftOut(t *testing.T) {
	t.Parallel()
	version := definition.Version{
		Columns: []definition.Column{siteColumn, dateColumn, column("n", definition.TypeNumber), column("m",
			definition.TypeNumber)},
		Outputs: []definition.Output{
			{Key: "sum", Aggregate: definition.Sum, Column: "n", PeriodUnit: definition.Monthly},
			{Key: "count", Aggregate: definition.Count, Column: "n", PeriodUnit: definition.Quarterly},
			{Key: "last", Aggregate: definition.Last, Column: "m", PeriodUnit: definition.Yearly},
			{Key: "none", Aggregate: definition.Count, Column: "m", PeriodUnit: definition.Yearly},
		},
	}
	f := table{version: version, rows: []string{"a|2024-05-01|", "a|2024-06-01|3"}}
	c := f.config()
	c.Columns[3] = -1
	a, err := processor.New(c)
	require.NoError(t, err)
	w := a.Worker()
	for i, row := range f.rows {
		require.Empty(t, w.Add(newRow(int64(i+1), 0, split(row))))
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		`a 2024 YEARLY 1 {"none":0} 2/0`,
		`a 2024 QUARTERLY 2 {"count":1} 2/0`,
		`a 2024 MONTHLY 5 {} 1/0`,
		`a 2024 MONTHLY 6 {"sum":3} 1/0`,
	}, lines(results))
}

func TestResultsAreSorted(t *testing.T) {
	t.Parallel()
	results, errs := table{
		version: definition.Version{
			Columns: []definition.Column{siteColumn, dateColumn},
			Outputs: []definition.Output{monthlyCount, {Key: "year", Aggregate: definition.Count}},
		},
		rows: []string{"b|2024-11-01", "a|2024-12-01", "b|2023-02-01", "b|2024-02-01", "B|2024-02-01"},
	}.run(t)
	require.Empty(t, errs)
	require.Equal(t, []string{
		`B 2024 YEARLY 1 {"year":1} 1/0`, `B 2024 MONTHLY 2 {"rows":1} 1/0`,
		`a 2024 YEARLY 1 {"year":1} 1/0`, `a 2024 MONTHLY 12 {"rows":1} 1/0`,
		`b 2023 YEARLY 1 {"year":1} 1/0`, `b 2023 MONTHLY 2 {"rows":1} 1/0`,
		`b 2024 YEARLY 1 {"year":2} 2/0`, `b 2024 MONTHLY 2 {"rows":1} 1/0`, `b 2024 MONTHLY 11 {"rows":1} 1/0`,
	}, results)
}

func TestSites(t *testing.T) {
	t.Parallel()
	sites := known{"ankara": {ID: "site-1", Key: "ANK"}, "ank": {ID: "site-1", Key: "ANK"}}
	f := table{
		year: 2024, sites: sites,
		version: definition.Version{
			Columns: []definition.Column{siteColumn},
			Outputs: []definition.Output{output("rows", definition.Count, "")},
		},
		rows: []string{
			"Ankara", " ank ", "ANKARA", "Foça", "\u00a0Foça\t", "foça", "", " ", strings.Repeat("ş", 255),
			strings.Repeat("ş", 256),
			"a\xff", "a\x00",
		},
	}
	results, errs := f.run(t)
	require.Equal(t, []string{
		"7 site SITE_MISSING", "8 site SITE_MISSING", "10 site CELL_TOO_LARGE", "11 site ENCODING_INVALID",
		"12 site NUL_BYTE",
	}, errs)
	require.Equal(t, []string{
		`ANK=site-1 2024 YEARLY 1 {"rows":3} 3/0`,
		`Foça 2024 YEARLY 1 {"rows":2} 2/0`,
		`foça 2024 YEARLY 1 {"rows":1} 1/0`,
		strings.Repeat("ş", 255) + ` 2024 YEARLY 1 {"rows":1} 1/0`,
	}, results)

	f.version.OnUnknownSite = definition.UnknownSiteReject
	f.rows = []string{"Ankara", "Foça", "Foça"}
	results, errs = f.run(t)
	require.Equal(t, []string{"2 site SITE_UNKNOWN", "3 site SITE_UNKNOWN"}, errs)
	require.Equal(t, []string{`ANK=site-1 2024 YEARLY 1 {"rows":1} 1/0`}, results)
}

func TestSitesOfAnotherType(t *testing.T) {
	t.Parallel()
	results, errs := table{
		year: 2024,
		version: definition.Version{
			Columns: []definition.Column{{
				Name: "meter",
				Type: definition.TypeInteger, Role: definition.RoleSiteIdentifier,
			}},
			Outputs: []definition.Output{output("rows", definition.Count, ""), output("max",
				definition.Max, "meter")},
		},
		rows: []string{"007", "x", "7", "x", "007"},
	}.run(t)
	require.Equal(t, []string{"2 meter INTEGER_INVALID", "4 meter INTEGER_INVALID"}, errs)
	require.Equal(t, []string{
		`007 2024 YEARLY 1 {"rows":2,"max":7} 2/0`, `7 2024 YEARLY 1 {"rows":1,"max":7} 1/0`,
	}, results)
}

type counting struct{ calls map[string]int }

func (c counting) Lookup(text string) (processor.Site, bool) {
	c.calls[text]++
	return processor.Site{}, false
}

func TestLookupIsCalledOncePerText(t *testing.T) {
	t.Parallel()
	sites := counting{make(map[string]int)}
	table{
		year: 2024, sites: sites,
		version: definition.Version{
			Columns: []definition.Column{siteColumn},
			Outputs: []definition.Output{output("rows", definition.Count, "")},
		},
		rows: []string{"a", "b", " a", "a", "b "},
	}.run(t)
	require.Equal(t, map[string]int{"a": 1, "b": 1}, sites.calls)
}

func TestRejectedRowsChangeNoValueAndAreCounted(t *testing.T) {
	t.Parallel()
	results, errs := table{
		version: definition.Version{
			Columns: []definition.Column{
				column("first", definition.TypeNumber), siteColumn, dateColumn,
				{Name: "second", Type: definition.TypeNumber, Required: true},
				column("third",
					definition.TypeBoolean),
			},
			Outputs: []definition.Output{
				monthlyCount,
				{Key: "sum", Aggregate: definition.Sum, Column: "first", PeriodUnit: definition.Monthly},
			},
		},
		rows: []string{
			"5|a|2024-01-02|x|maybe",
			"1|a|2024-01-01|1|",
			"6|b|2024-01-02||",
			"7|a|2024-13-02|1|",
			"8||2024-01-02|1|",
			"x||x||x",
		},
	}.run(t)
	require.Equal(t, []string{
		"1 second NUMBER_INVALID", "1 third BOOLEAN_INVALID",
		"3 second MISSING_REQUIRED",
		"4 date DATE_INVALID",
		"5 site SITE_MISSING",
		"6 first NUMBER_INVALID", "6 site SITE_MISSING", "6 date DATE_INVALID", "6 second MISSING_REQUIRED",
		"6 third BOOLEAN_INVALID",
	}, errs)
	require.Equal(t, []string{`a 2024 MONTHLY 1 {"rows":1,"sum":1} 1/1`}, results)
}

func TestShortRecordsLackTheirLastCells(t *testing.T) {
	t.Parallel()
	results, errs := table{
		year: 2024,
		version: definition.Version{
			Columns: []definition.Column{siteColumn, {Name: "n", Type: definition.TypeNumber, Required: true}},
			Outputs: []definition.Output{output("sum", definition.Sum, "n")},
		},
		rows: []string{"a", "a|1|2|3"},
	}.run(t)
	require.Equal(t, []string{"1 n MISSING_REQUIRED"}, errs)
	require.Equal(t, []string{`a 2024 YEARLY 1 {"sum":1} 1/1`}, results)
}

func TestRowErrorTellsWhatWasExpectedAndNeverQuotesTheCell(t *testing.T) {
	t.Parallel()
	a, err := processor.New(table{
		year: 2024,
		version: definition.Version{
			Format:  definition.Format{DecimalSeparator: "."},
			Columns: []definition.Column{column("kWh", definition.TypeNumber)},
			Outputs: []definition.Output{output("sum", definition.Sum, "kWh")},
		},
	}.config())
	require.NoError(t, err)
	w := a.Worker()
	errs := w.Add(newRow(3, 5, [][]byte{[]byte(" se\x00cret\xff" + strings.Repeat("ş", 300))}))
	require.Equal(t, []definition.RowError{{
		Row: 3, Line: 5, Column: "kWh", Code: definition.RowNumberInvalid,
		Value:   " se\ufffdcret\ufffd" + strings.Repeat("ş", 191),
		Message: "Column 'kWh' expects a number such as 1234.5, with '.' before the decimals and nothing between thousands.",
		Params: []definition.Param{
			{Name: "column", Value: "kWh"}, {Name: "decimalSeparator", Value: "."}, {Name: "example", Value: "1234.5"},
		},
	}}, errs)
}

func TestNewNamesEverythingWrong(t *testing.T) {
	t.Parallel()
	version := definition.Version{
		Columns: []definition.Column{siteColumn},
		Outputs: []definition.Output{output("sum", definition.Sum, "n")},
	}.Normalize()
	_, err := processor.New(processor.Config{Version: version, Year: -1, MaxSites: -1})
	require.ErrorContains(t, err, "outputSchema.0.column: There is no column 'n'")
	require.ErrorContains(t, err, "0 cell indexes for 1 columns")
	require.ErrorContains(t, err, "year -1")
	require.ErrorContains(t, err, "limit")

	version.Columns = []definition.Column{dateColumn}
	version.Outputs = []definition.Output{monthlyCount}
	version = version.Normalize()
	_, err = processor.New(processor.Config{Version: version, Columns: []int{-1}})
	require.ErrorContains(t, err, "year is required")
	require.ErrorContains(t, err, "needs a PERIOD column in the file")
	_, err = processor.New(processor.Config{Version: version, Columns: []int{0}})
	require.NoError(t, err)
}

func TestLimitsEndTheWork(t *testing.T) {
	t.Parallel()
	f := table{version: definition.Version{
		Columns: []definition.Column{siteColumn, dateColumn},
		Outputs: []definition.Output{monthlyCount},
	}}
	for name, test := range map[string]struct {
		sites, results int
		rows           []string
		message        string
	}{
		"sites": {
			2, 0,
			[]string{"a|2024-01-01", "b|2024-01-01", "a|2024-02-01", "c|x"},
			"the file has more than 2 sites",
		},
		"results": {
			0, 2,
			[]string{"a|2024-01-01", "a|2024-02-01", "a|2024-02-02", "b|2024-01-01"},
			"the file has more than 2 results",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := f.config()
			c.MaxSites, c.MaxResults = test.sites, test.results
			for workers := 1; workers <= 4; workers++ {
				a, err := processor.New(c)
				require.NoError(t, err)
				all := make([]*processor.Worker, workers)
				for i := range all {
					all[i] = a.Worker()
				}
				for i, row := range test.rows {
					require.NoError(t, all[i%workers].Err())
					all[i%workers].Add(newRow(int64(i+1), 0, split(row)))
				}
				if workers == 1 {
					require.Error(t, all[0].Err())
					require.Nil(t, all[0].Add(newRow(9, 0, split("|"))), "a worker at its limit looks at nothing")
				}
				_, err = a.Results(t.Context())
				var limit *processor.LimitError
				require.ErrorAs(t, err, &limit)
				require.Equal(t, definition.ErrorLimitExceeded, limit.Code)
				require.ErrorContains(t, err, test.message)
			}
		})
	}
}
