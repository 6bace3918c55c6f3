package processor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
)

// scripted is code that tests write in Go.
type scripted func(ctx context.Context, c *script.Call) (*script.Result, error)

// Call is the function.
func (f scripted) Call(ctx context.Context, c *script.Call) (*script.Result, error) { return f(ctx, c) }

// returns is code that gives the same outputs for every site.
func returns(output string) scripted {
	return func(context.Context, *script.Call) (*script.Result, error) {
		return &script.Result{Output: []byte(output)}, nil
	}
}

// newSpill is one that is closed with the test, and whose folder is empty whenever somebody looks.
func newSpill(t testing.TB, c processor.SpillConfig) *processor.Spill {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := processor.NewSpill(c)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing again does nothing")
		left, err := os.ReadDir(c.Dir)
		require.NoError(t, err)
		require.Empty(t, left)
	})
	return s
}

// withCode gives a version code in the place of aggregates, and room for few rows.
func (f table) withCode(t testing.TB, code processor.Script) processor.Config {
	t.Helper()
	f.version.Code = "function process() { }"
	c := f.config()
	var err error
	c.Script = code
	c.Spill, err = processor.NewSpill(processor.SpillConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Spill.Close()) })
	return c
}

// feed adds the rows to one worker, none of which may be wrong.
func feed(t testing.TB, c processor.Config, rows ...string) *processor.Aggregation {
	t.Helper()
	a, err := processor.New(c)
	require.NoError(t, err)
	w := a.Worker()
	for i, row := range rows {
		require.Empty(t, w.Add(newRow(int64(i+1), int64(i+2), split(row))), row)
	}
	require.NoError(t, w.Err())
	return a
}

// collected are the rows of a call, one after the other.
func collected(t testing.TB, c *script.Call) []byte {
	t.Helper()
	var all []byte
	for row, err := range c.Rows {
		if err != nil {
			t.Errorf("read rows: %v", err)
			return nil
		}
		all = append(all, row...)
	}
	return all
}

func scriptOutput(key string, kind definition.OutputType, unit definition.PeriodUnit) definition.Output {
	return definition.Output{Key: key, Type: kind, PeriodUnit: unit}
}

// TestRowsAreGivenAsColumnsReadThem shows the encoding of every type, of what is empty and of what the file lacks.
func TestRowsAreGivenAsColumnsReadThem(t *testing.T) {
	t.Parallel()
	columns := []definition.Column{
		column("n", definition.TypeNumber), column("i", definition.TypeInteger), column("b", definition.TypeBoolean),
		column("s", definition.TypeString), column("d", definition.TypeDate), column("t", definition.TypeDateTime),
	}
	null, number, text := script.AppendNull, script.AppendNumber, func(b []byte, s string) []byte {
		return script.AppendText(b, []byte(s))
	}
	for name, test := range map[string]struct {
		row   string
		kinds []definition.CellKind
		want  func(b []byte) []byte
		zone  string
	}{
		"all": {
			row: `1.234,5|7|evet| a"b |15 Mart 2024|2024-03-15 10:00`,
			want: func(b []byte) []byte {
				b = text(script.AppendBool(number(number(b, 1234.5), 7), true), ` a"b `)
				return text(text(b, "2024-03-15"), "2024-03-15T10:00:00+03:00")
			},
			zone: "Europe/Istanbul",
		},
		"empty": {row: " ||\t||| ", want: func(b []byte) []byte { return null(null(null(null(null(null(b)))))) }},
		"short": {row: "1", want: func(b []byte) []byte { return null(null(null(null(null(number(b, 1)))))) }},
		"times in UTC": {
			row: "|||||2024-12-31T23:30:00.120-01:00", want: func(b []byte) []byte {
				return text(null(null(null(null(null(b))))), "2025-01-01T00:30:00.12Z")
			},
		},
		"a time without an offset": {
			row: "|||||0999-01-02 03:04:05.000000001", want: func(b []byte) []byte {
				return text(null(null(null(null(null(b))))), "0999-01-02T03:04:05.000000001Z")
			},
		},
		"numbers at their ends": {
			row: "-1,7976931348623157e308|-9007199254740992|hayır|0|0001-01-01|9999-12-31T23:59:59Z",
			want: func(b []byte) []byte {
				b = text(script.AppendBool(number(number(b, -1.7976931348623157e308), -1<<53), false), "0")
				return text(text(b, "0001-01-01"), "9999-12-31T23:59:59Z")
			},
		},
		"kinds that are known": {
			row: "0.1|3|true|true|2024-03-15|2024-03-15T10:00:00", kinds: []definition.CellKind{
				definition.CellNumber, definition.CellNumber, definition.CellBoolean, definition.CellBoolean, definition.CellDate,
				definition.CellDateTime,
			},
			want: func(b []byte) []byte {
				b = text(script.AppendBool(number(number(b, 0.1), 3), true), "true")
				return text(text(b, "2024-03-15"), "2024-03-15T10:00:00Z")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []byte
			c := table{year: 2024, version: definition.Version{
				Columns: append([]definition.Column{column("absent", definition.TypeString)}, columns...),
				Format:  definition.Format{Locale: "tr", TimeZone: test.zone},
				Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
			}}.withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
				require.Nil(t, c.Site)
				got = collected(t, c)
				return &script.Result{Output: []byte(`{"x":1}`)}, nil
			}))
			c.Columns = []int{-1, 0, 1, 2, 3, 4, 5}
			a, err := processor.New(c)
			require.NoError(t, err)
			require.Empty(t, a.Worker().Add(&processor.Row{Order: 1, Number: 300, Cells: split(test.row), Kinds: test.kinds}))
			results, err := a.Results(t.Context())
			require.NoError(t, err)
			require.Equal(t, []string{`- 2024 YEARLY 1 {"x":1} 1/0`}, lines(results))
			require.Equal(t, test.want(null(script.AppendRowNumber(nil, 300))), got)
		})
	}
}

// TestPeriodsAreGivenInOneSpelling shows that a PERIOD column of texts is read before it is given, and that none of them
// is too coarse for code.
func TestPeriodsAreGivenInOneSpelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2024": "2024", "Q3 2024": "2024-Q3", "1. Çeyrek 2024": "2024-Q1", "Mart 2024": "2024-03", "202412": "2024-12",
		"2024-02-29": "2024-02", "2024-12-31T23:30:00-01:00": "2025-01", "0987-06": "0987-06",
	} {
		var got []byte
		c := table{version: definition.Version{
			Columns: []definition.Column{textPeriod},
			Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Monthly)},
		}}.withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
			got = collected(t, c)
			return &script.Result{Output: []byte("{}")}, nil
		}))
		results, err := feed(t, c, text).Results(t.Context())
		require.NoError(t, err)
		require.Empty(t, results)
		require.Equal(t, script.AppendText(script.AppendRowNumber(nil, 1), []byte(want)), got, text)
	}
}

// TestTimesBeyondTheYear9999AreRefused shows times that a time zone takes out of the years that can be written.
func TestTimesBeyondTheYear9999AreRefused(t *testing.T) {
	t.Parallel()
	for cell, zones := range map[string]struct{ good, bad string }{
		"9999-12-31T23:59:59Z": {"America/New_York", "Europe/Istanbul"},
		"0001-01-01T00:00:00Z": {"Europe/Istanbul", "America/New_York"},
	} {
		for _, zone := range []string{zones.good, zones.bad} {
			c := table{year: 2024, version: definition.Version{
				Columns: []definition.Column{column("t", definition.TypeDateTime)},
				Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
				Format:  definition.Format{TimeZone: zone},
			}}.withCode(t, returns("{}"))
			a, err := processor.New(c)
			require.NoError(t, err)
			w := a.Worker()
			row := &processor.Row{Order: 1, Number: 1, Cells: split(cell)}
			wrong, shown := w.Add(row), string(w.AppendJSON(nil, 0, row))
			if zone == zones.good {
				require.Empty(t, wrong, cell)
				require.NotEqual(t, "null", shown)
				continue
			}
			require.Len(t, wrong, 1, cell)
			require.Equal(t, definition.RowDateInvalid, wrong[0].Code)
			require.Equal(t, "null", shown)
		}
	}
}

// TestNumbersBeyondDoublesAreRefused shows that no number becomes an infinity on its way into code.
func TestNumbersBeyondDoublesAreRefused(t *testing.T) {
	t.Parallel()
	c := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("n", definition.TypeNumber)},
		Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
	}}.withCode(t, returns("{}"))
	a, err := processor.New(c)
	require.NoError(t, err)
	w := a.Worker()
	for i, test := range []struct {
		cell string
		kind definition.CellKind
	}{
		{"1.8e308", definition.CellText},
		{"1.8e308", definition.CellNumber},
		{"1e-320", definition.CellText},
		{"0.12345678901234567890123456789012345", definition.CellText},
	} {
		wrong := w.Add(&processor.Row{
			Order: int64(i + 1), Number: int64(i + 1), Cells: split(test.cell), Kinds: []definition.CellKind{test.kind},
		})
		require.Len(t, wrong, 1, test.cell)
		require.Equal(t, definition.RowNumberOutOfRange, wrong[0].Code)
		// All that may be wrong with it is told.
		require.Contains(t, wrong[0].Message, "at most 34 significant digits and an exponent between -308 and 308")
		require.Contains(t, wrong[0].Message, "up to 1.7976931348623157e308")
	}
}

// TestRowsAreCountedByTheirPeriods shows whose rows a result counts: those of its period where the file tells periods as
// fine as that, also none, and all of the site where it tells none.
func TestRowsAreCountedByTheirPeriods(t *testing.T) {
	t.Parallel()
	outputs := []definition.Output{
		scriptOutput("y", definition.OutputNumber, definition.Yearly),
		scriptOutput("q", definition.OutputNumber, definition.Quarterly),
		scriptOutput("m", definition.OutputNumber, definition.Monthly),
	}
	code := returns(`{"2023":{"y":1,"q":{"1":2,"4":3},"m":{"3":4,"2":5}}}`)
	c := table{version: definition.Version{
		Columns: []definition.Column{siteColumn, textPeriod, column("n", definition.TypeNumber)}, Outputs: outputs,
	}}.withCode(t, code)
	a, err := processor.New(c)
	require.NoError(t, err)
	workers := []*processor.Worker{a.Worker(), a.Worker()}
	for i, row := range []string{
		"a|2023-03|1", "a|2023-03|2", "a|2023-01|x", "a|2023|1", "a|Q1 2023|1", "a|2022-03|1", "b|2022|x", "a|2023-02|x",
	} {
		workers[i%2].Add(newRow(int64(i+1), 0, split(row)))
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		`a 2023 YEARLY 1 {"y":1} 4/2`,
		`a 2023 QUARTERLY 1 {"q":2} 3/2`,
		`a 2023 QUARTERLY 4 {"q":3} 0/0`,
		`a 2023 MONTHLY 2 {"m":5} 0/1`,
		`a 2023 MONTHLY 3 {"m":4} 2/0`,
	}, lines(results), "b has no accepted row, and no call")

	c = table{year: 2023, version: definition.Version{Columns: []definition.Column{siteColumn}, Outputs: outputs}}.
		withCode(t, code)
	results, err = feed(t, c, "b", "a", "b").Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		`a 2023 YEARLY 1 {"y":1} 1/0`, `a 2023 QUARTERLY 1 {"q":2} 1/0`, `a 2023 QUARTERLY 4 {"q":3} 1/0`,
		`a 2023 MONTHLY 2 {"m":5} 1/0`, `a 2023 MONTHLY 3 {"m":4} 1/0`,
	}, lines(results)[:5])
	require.Equal(t, `b 2023 YEARLY 1 {"y":1} 2/0`, lines(results)[5])
}

// TestSiteRows shows which sites a file has, without a call and whether or not there was one.
func TestSiteRows(t *testing.T) {
	t.Parallel()
	version := definition.Version{Columns: []definition.Column{siteColumn, dateColumn}, Outputs: []definition.Output{
		{Key: "m", PeriodUnit: definition.Monthly}, {Key: "y"},
	}}
	for _, code := range []bool{true, false} {
		f := table{version: version, sites: known{"alpha": {ID: "site-1", Key: "c", Name: "Alpha"}}}
		c := f.config()
		if code {
			c = f.withCode(t, returns("{}"))
		} else {
			for i := range c.Version.Outputs {
				c.Version.Outputs[i].Aggregate = definition.Count
			}
		}
		a, err := processor.New(c)
		require.NoError(t, err)
		workers := []*processor.Worker{a.Worker(), a.Worker()}
		for i, row := range []string{"b|2024-01-01", "c|2023-01-01", "alpha|2024-05-01", "a|x", "alpha|2023-01-02", "b|2024-12-12"} {
			workers[i%2].Add(newRow(int64(i+1), 0, split(row)))
		}
		want := []string{"b  2", "c site-1 3"}
		require.Equal(t, want, siteLines(a), "%v", code)
		_, err = a.Results(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, siteLines(a), "%v", code)
	}
	c := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("n", definition.TypeNumber)}, Outputs: version.Outputs,
	}}.withCode(t, returns("{}"))
	sites := feed(t, c, "1", "2").SiteRows()
	require.Equal(t, []processor.SiteRows{{Rows: 2}}, sites)
}

func siteLines(a *processor.Aggregation) (all []string) {
	for _, s := range a.SiteRows() {
		all = append(all, fmt.Sprintf("%s %s %d", *s.SiteKey, s.SiteID, s.Rows))
	}
	return all
}

// threeSites are rows of a, b and c.
func threeSites() table {
	return table{year: 2024, version: definition.Version{
		Columns: []definition.Column{siteColumn},
		Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
	}}
}

// TestCallsGoOnBesideEachOther shows that there are as many at a time as may be, that they begin in the order of sites,
// and that results and log come in this order although the calls end in another one.
func TestCallsGoOnBesideEachOther(t *testing.T) {
	t.Parallel()
	const calls = 3
	var mutex sync.Mutex
	var order []string
	began, ends := make(chan string), map[string]chan struct{}{}
	for _, site := range []string{"a", "b", "c", "d"} {
		ends[site] = make(chan struct{})
	}
	c := threeSites().withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
		began <- c.Site.Key
		<-ends[c.Site.Key]
		mutex.Lock()
		defer mutex.Unlock()
		order = append(order, c.Site.Key)
		return &script.Result{
			Output: []byte(`{"x":1}`), Log: []script.LogLine{{Level: definition.LogLevelInfo, Message: "in " + c.Site.Key}},
		}, nil
	}))
	c.Calls = calls
	a := feed(t, c, "d", "b", "a", "c", "a")
	finished := make(chan error)
	var results []processor.Result
	go func() {
		var err error
		results, err = a.Results(t.Context())
		finished <- err
	}()
	first := []string{<-began, <-began, <-began}
	slices.Sort(first)
	require.Equal(t, []string{"a", "b", "c"}, first)
	select {
	case site := <-began:
		require.Fail(t, "a call too many", site)
	default:
	}
	close(ends["c"])
	require.Equal(t, "d", <-began)
	close(ends["d"])
	close(ends["b"])
	close(ends["a"])
	require.NoError(t, <-finished)
	require.Equal(t, "c", order[0])
	require.Equal(t, []string{
		`a 2024 YEARLY 1 {"x":1} 2/0`, `b 2024 YEARLY 1 {"x":1} 1/0`, `c 2024 YEARLY 1 {"x":1} 1/0`, `d 2024 YEARLY 1 {"x":1} 1/0`,
	}, lines(results))
	require.Equal(t, []string{"INFO a in a", "INFO b in b", "INFO c in c", "INFO d in d"}, logLines(a.Log()))
}

func logLines(log []definition.LogLine) (all []string) {
	for _, l := range log {
		site := "-"
		if l.SiteKey != nil {
			site = *l.SiteKey
		}
		all = append(all, fmt.Sprintf("%s %s %s", l.Level, site, l.Message))
	}
	return all
}

// TestTheFirstSiteThatFailsIsTold whichever fails first: those before it are let end, those after it are canceled, and
// their log is not told.
func TestTheFirstSiteThatFailsIsTold(t *testing.T) {
	t.Parallel()
	for range 50 {
		failed := make(chan struct{})
		c := threeSites().withCode(t, scripted(func(ctx context.Context, c *script.Call) (*script.Result, error) {
			result := &script.Result{Log: []script.LogLine{{Level: definition.LogLevelLog, Message: "began"}}}
			switch c.Site.Key {
			case "a":
				<-failed // b has
				result.Output = []byte("{}")
				return result, nil
			case "b":
				defer close(failed)
				return result, &script.Error{
					Code: definition.ErrorScriptThrew, Message: "The script threw: no\x00.", Line: 3, Column: 7, Row: 9,
					Params: []definition.Param{{Name: "thrown", Value: "Error: no\x00"}, {Name: "row", Value: "9"}},
				}
			}
			<-ctx.Done()
			return result, ctx.Err()
		}))
		c.Calls = 3
		a := feed(t, c, "a", "b", "c", "d", "e")
		results, err := a.Results(t.Context())
		require.Empty(t, results)
		var failure *processor.ScriptError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, definition.ErrorScriptThrew, failure.Code)
		require.Equal(t, "site 'b': the script threw: no\ufffd; line 3, column 7", failure.Message)
		require.Equal(t, []definition.Param{
			{Name: "site", Value: "b"},
			{Name: "line", Value: "3"},
			{Name: "column", Value: "7"},
			{Name: "thrown", Value: "Error: no\ufffd"},
			{Name: "row", Value: "9"},
		}, failure.Params)
		require.Equal(t, []string{"LOG a began", "LOG b began"}, logLines(a.Log()))
		var engine *script.Error
		require.ErrorAs(t, err, &engine)
	}
}

func TestAnEarlierSiteThatFailsLaterIsTold(t *testing.T) {
	t.Parallel()
	failed := make(chan struct{})
	c := threeSites().withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
		if c.Site.Key == "a" {
			<-failed
			return &script.Result{Output: []byte(`[]`)}, nil
		}
		defer close(failed)
		return nil, &script.Error{Code: definition.ErrorScriptThrew, Message: "no"}
	}))
	c.Calls = 2
	_, err := feed(t, c, "a", "b").Results(t.Context())
	require.EqualError(t, err, "site 'a': process returned an array; it must return an object keyed by output (x)")
}

// TestOtherErrorsOfCallsStayWhatTheyAre: an end of the context, what the caller has said, and a panic.
func TestOtherErrorsOfCallsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := threeSites().withCode(t, scripted(func(ctx context.Context, _ *script.Call) (*script.Result, error) {
		cancel()
		<-ctx.Done()
		return nil, fmt.Errorf("call: %w", ctx.Err())
	}))
	c.Calls = 1
	_, err := feed(t, c, "a", "b").Results(ctx)
	require.ErrorIs(t, err, context.Canceled)

	broken := errors.New("broken pipe")
	_, err = feed(t, threeSites().withCode(t, scripted(func(context.Context, *script.Call) (*script.Result, error) {
		return nil, broken
	})), "a").Results(t.Context())
	require.ErrorIs(t, err, broken)
	var failure *processor.ScriptError
	require.NotErrorAs(t, err, &failure)

	_, err = feed(t, threeSites().withCode(t, scripted(func(context.Context, *script.Call) (*script.Result, error) {
		return nil, nil
	})), "a").Results(t.Context())
	require.Error(t, err)

	var running sync.WaitGroup
	running.Add(1)
	c = threeSites().withCode(t, scripted(func(ctx context.Context, c *script.Call) (*script.Result, error) {
		if c.Site.Key == "b" {
			panic("out of sites")
		}
		defer running.Done()
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	c.Calls = 2
	a := feed(t, c, "a", "b")
	func() {
		defer func() { require.Contains(t, recover(), "out of sites") }()
		_, _ = a.Results(t.Context())
	}()
	running.Wait()
}

// TestLogIsBounded shows that an import keeps so many lines, of all sites together, and says where there were more.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines, most int
		truncated   bool
		want        []string
	}{
		"all fit": {1, 3, false, []string{"LOG a 0", "LOG b 0", "LOG c 0"}},
		"some more": {2, 4, false, []string{
			"LOG a 0", "LOG a 1", "LOG b 0", "WARN - 3 more lines are left out; an import keeps 4.",
		}},
		"a call had more": {1, 4, true, []string{
			"LOG a 0", "LOG b 0", "LOG c 0",
			"WARN - More lines are left out; an import keeps 4, and those of one site are limited too.",
		}},
		"room for one": {9, 1, false, []string{"WARN - 27 more lines are left out; an import keeps 1."}},
	} {
		c := threeSites().withCode(t, scripted(func(context.Context, *script.Call) (*script.Result, error) {
			result := &script.Result{Output: []byte("{}"), LogTruncated: test.truncated}
			for i := range test.lines {
				result.Log = append(result.Log, script.LogLine{Level: definition.LogLevelLog, Message: fmt.Sprint(i)})
			}
			return result, nil
		}))
		c.MaxLogLines = test.most
		a := feed(t, c, "c", "b", "a")
		_, err := a.Results(t.Context())
		require.NoError(t, err)
		require.Equal(t, test.want, logLines(a.Log()), name)
	}
}

// TestOutcomesThatWaitAreBounded shows that no calls begin while what those for later sites have come to fills the memory
// for it, because an earlier one goes on.
func TestOutcomesThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, output := threeSites(), []string{}
		text := `:"` + strings.Repeat("x", 32<<10) + `"`
		for i := range 30 {
			o := scriptOutput(fmt.Sprintf("o%d", i), definition.OutputString, definition.Yearly)
			f.version.Outputs = append(f.version.Outputs, o)
			output = append(output, `"`+o.Key+`"`+text)
		}
		full := returns("{" + strings.Join(output, ",") + "}")
		release := make(chan struct{})
		var ended atomic.Int64
		c := f.withCode(t, scripted(func(ctx context.Context, c *script.Call) (*script.Result, error) {
			if c.Site.Key == "00" {
				<-release
			} else {
				ended.Add(1)
			}
			return full(ctx, c)
		}))
		c.Calls = 2
		var rows []string
		for i := range 30 {
			rows = append(rows, fmt.Sprintf("%02d", i))
		}
		a := feed(t, c, rows...)
		finished := make(chan error)
		go func() {
			_, err := a.Results(t.Context())
			finished <- err
		}()
		synctest.Wait()
		require.EqualValues(t, 9, ended.Load(), "9 MB")
		close(release)
		require.NoError(t, <-finished)
		require.EqualValues(t, 29, ended.Load())
	})
}

// TestSitesAreNamedToCode: its key and, where it is known, its name.
func TestSitesAreNamedToCode(t *testing.T) {
	t.Parallel()
	f := threeSites()
	f.sites = known{"ankara": {ID: "site-1", Key: "ANK", Name: "Ankara"}}
	var sites []script.Site
	c := f.withCode(t, scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
		sites = append(sites, *c.Site)
		return &script.Result{Output: []byte(`{"x":1}`)}, nil
	}))
	c.Calls = 1
	results, err := feed(t, c, "Foça", "Ankara", "ANKARA").Results(t.Context())
	require.NoError(t, err)
	require.Equal(t, []script.Site{{Key: "ANK", Name: "Ankara"}, {Key: "Foça"}}, sites)
	require.Equal(t, []string{`ANK=site-1 2024 YEARLY 1 {"x":1} 2/0`, `Foça 2024 YEARLY 1 {"x":1} 1/0`}, lines(results))
}

// TestMixedCurrenciesStopBeforeAnyCall: code is given numbers, and could not tell.
func TestMixedCurrenciesStopBeforeAnyCall(t *testing.T) {
	t.Parallel()
	c := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("n", definition.TypeNumber)},
		Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Yearly)},
	}}.withCode(t, scripted(func(context.Context, *script.Call) (*script.Result, error) {
		t.Error("there is a call")
		return nil, nil
	}))
	_, err := feed(t, c, "5 EUR", "5 USD").Results(t.Context())
	var mixed *processor.CurrencyError
	require.ErrorAs(t, err, &mixed)
}

// TestLimitsOfCode shows each limit with its code.
func TestLimitsOfCode(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", 32<<10) + `"`
	wide := definition.Version{Columns: []definition.Column{siteColumn, dateColumn}}
	var all []string
	for i := range 30 {
		key := fmt.Sprintf("o%d", i)
		wide.Outputs = append(wide.Outputs, scriptOutput(key, definition.OutputString, definition.Yearly))
		all = append(all, `"`+key+`":`+long)
	}
	full := "{" + strings.Join(all, ",") + "}"
	for name, test := range map[string]struct {
		output string
		change func(c *processor.Config)
		rows   int
	}{
		"sites":           {"{}", func(c *processor.Config) { c.MaxSites = 2 }, 3},
		"results":         {`{"2023":{"o1":"a"},"2024":{"o1":"a"}}`, func(c *processor.Config) { c.MaxResults = 5 }, 3},
		"results of rows": {"{}", func(c *processor.Config) { c.MaxResults = 2 }, 3},
		"resultBytes":     {full, func(*processor.Config) {}, 70},
		"spill": {"{}", func(c *processor.Config) {
			c.Spill = newSpill(t, processor.SpillConfig{MemoryBytes: 16 << 10, MaxBytes: 20 << 10})
		}, 3000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := table{version: wide}.withCode(t, returns(test.output))
			test.change(&c)
			a, err := processor.New(c)
			require.NoError(t, err)
			w := a.Worker()
			for i := range test.rows {
				require.Empty(t, w.Add(newRow(int64(i+1), 0, split(fmt.Sprintf("site %d|2024-01-01", i)))))
			}
			_, err = a.Results(t.Context())
			var limit *processor.LimitError
			require.ErrorAs(t, err, &limit)
			require.Equal(t, definition.ErrorLimitExceeded, limit.Code)
			require.Equal(t, strings.Fields(name)[0], limit.Params[0].Value)
			require.Contains(t, limit.Message, limit.Params[1].Value)
		})
	}
}

func TestNewAsksForWhatCodeNeeds(t *testing.T) {
	t.Parallel()
	f := threeSites()
	f.version.Code = "x"
	_, err := processor.New(f.config())
	require.ErrorContains(t, err, "a version with code needs a Script and a Spill")
	c := f.withCode(t, returns("{}"))
	earlier, err := processor.New(c)
	require.NoError(t, err)
	c.Earlier, c.Spill = earlier, newSpill(t, processor.SpillConfig{MaxBytes: 1 << 38})
	_, err = processor.New(c)
	require.ErrorContains(t, err, "the earlier file has another Spill")
	_, err = processor.NewSpill(processor.SpillConfig{MaxBytes: 1 << 40, MemoryBytes: 1 << 30})
	require.ErrorContains(t, err, "MaxBytes")
	_, err = processor.NewSpill(processor.SpillConfig{MaxBytes: -1, MemoryBytes: 1})
	require.ErrorContains(t, err, "MaxBytes")
	require.ErrorContains(t, err, "MemoryBytes")
	require.False(t, bytes.Contains([]byte(err.Error()), []byte("%!")))
}
