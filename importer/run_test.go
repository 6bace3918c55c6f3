package importer_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/viewer"
)

func itoa(n int) string { return strconv.Itoa(n) }

const small = "site,date,reading\nA,2024-01-03,1.5\nB,2024-01-04,2\nA,2024-02-01,10\nA,2024-01-31,0.25\n"

func TestImportSumsPerSiteAndMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changes := w.bus.Subscribe(w.org, event.Import)
	defer changes.Close()
	run := w.start(w.upload(small), w.define(readings()))
	require.Equal(t, definition.ImportPending, run.Status)
	require.Equal(t, []string{run.ID}, w.queue.ids())
	require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: w.org, ID: run.ID}}, changes.Take())

	w.clock.forward(time.Second)
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportCompleted, done.Status)
	require.Equal(t, []string{
		`A MONTHLY 2024 1 {"total":1.75,"rows":2} 2`,
		`A MONTHLY 2024 2 {"total":10,"rows":1} 1`,
		`B MONTHLY 2024 1 {"total":2,"rows":1} 1`,
	}, w.results(run.ID))
	require.EqualValues(t, 4, *done.RowCount)
	require.EqualValues(t, 4, done.ProcessedRowCount)
	require.EqualValues(t, 4, done.AcceptedRowCount)
	require.Zero(t, done.RejectedRowCount)
	require.Equal(t, 3, done.ResultCount)
	require.Equal(t, 1, done.Attempt)
	require.Equal(t, w.clock.now(), done.StartedAt.UTC())
	require.Equal(t, w.clock.now(), done.ProcessedAt.UTC())
	require.Nil(t, done.Error)
	require.Empty(t, done.Warnings)
	require.Empty(t, done.ErrorGroups)
	require.Nil(t, done.RejectedRowsKey)
	require.Equal(t, []definition.ColumnMapping{
		{Column: "site", Header: "site"}, {Column: "date", Header: "date"}, {Column: "reading", Header: "reading"},
	}, done.ColumnMapping)
	require.Zero(t, w.leases())
	require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: w.org, ID: run.ID, Final: true}}, changes.Take())

	// A job that comes twice changes nothing.
	w.run(run.ID)
	require.Equal(t, done.Revision, w.get(run.ID).Revision)
}

func TestRealWeatherEqualsAnExactSum(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "seed", "files", "weather.csv")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	w := newWorld(t)
	run := w.imported(string(content), definition.Version{
		Columns: []definition.Column{
			{Name: "location", Type: definition.TypeString, Role: definition.RoleSiteIdentifier},
			{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod},
			{Name: "precipitation", Type: definition.TypeNumber},
		},
		Outputs: []definition.Output{
			{Key: "rain", PeriodUnit: definition.Monthly, Aggregate: definition.Sum, Column: "precipitation"},
		},
	})
	require.Equal(t, definition.ImportCompleted, run.Status)

	records, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	require.NoError(t, err)
	sums, days := map[string]*big.Rat{}, map[string]int64{}
	for _, r := range records[1:] {
		key := r[0] + " " + r[1][:7]
		if sums[key] == nil {
			sums[key] = new(big.Rat)
		}
		value, ok := new(big.Rat).SetString(r[2])
		require.True(t, ok)
		sums[key].Add(sums[key], value)
		days[key]++
	}
	rows := w.resultRows(run.ID)
	require.Len(t, rows, 96)
	require.Len(t, sums, 96)
	for _, r := range rows {
		key := fmt.Sprintf("%s %04d-%02d", r.SiteKey, r.Year, r.Period)
		var text string
		_, err := fmt.Sscanf(string(r.ProcessedData), `{"rain":%s`, &text)
		require.NoError(t, err)
		got, ok := new(big.Rat).SetString(strings.TrimSuffix(text, "}"))
		require.True(t, ok, text)
		require.Zero(t, sums[key].Cmp(got), "%s: %s, not %s", key, got.FloatString(3), sums[key].FloatString(3))
		require.Equal(t, days[key], r.RowsProcessed)
	}
}

func TestSpellingsOfASiteAreOneGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	istanbul := w.site("IST", "İstanbul", "Constantinople")
	run := w.imported("site,date,reading\nistanbul,2024-01-01,1\nIST,2024-01-01,2\n CONSTANTINOPLE ,2024-01-01,4\n"+
		"Ankara,2024-01-01,8\n", readings())
	require.Equal(t, definition.ImportCompleted, run.Status)
	rows := w.resultRows(run.ID)
	require.Len(t, rows, 2)
	require.Equal(t, "Ankara", rows[0].SiteKey)
	require.Nil(t, rows[0].SiteID)
	require.Equal(t, "IST", rows[1].SiteKey)
	require.Equal(t, istanbul, *rows[1].SiteID)
	require.JSONEq(t, `{"total":7,"rows":3}`, string(rows[1].ProcessedData))
}

func TestUnknownSitesAreRefusedWhereTheDefinitionSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site("A", "Alpha")
	reject := func(v *definition.Version) { v.OnUnknownSite = definition.UnknownSiteReject }
	run := w.imported(small, readings(skip, reject))
	require.Equal(t, definition.ImportPartiallyCompleted, run.Status)
	errs := w.rowErrors(run.ID)
	require.Len(t, errs, 1)
	require.Equal(t, definition.RowSiteUnknown, errs[0].Code)
	require.EqualValues(t, 2, errs[0].Row)
}

func TestYearsAndPeriods(t *testing.T) {
	t.Parallel()
	year := 2023
	ofYear := func(in *importer.StartInput) { in.Year = &year }
	for name, test := range map[string]struct {
		file    string
		version definition.Version
		results []string
		code    definition.RowErrorCode
	}{
		"without a period column the given year": {
			"site,reading\nA,1\nA,2\n",
			definition.Version{
				Columns: []definition.Column{
					{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier},
					{Name: "reading", Type: definition.TypeNumber},
				},
				Outputs: []definition.Output{{Key: "total", Aggregate: definition.Sum, Column: "reading"}},
			},
			[]string{`A YEARLY 2023 1 {"total":3} 2`},
			"",
		},
		"without a site column one group": {
			"date,reading\n2023-04-01,1\n2023-06-30,2\n2023-07-01,4\n",
			definition.Version{
				Columns: []definition.Column{
					{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod},
					{Name: "reading", Type: definition.TypeNumber},
				},
				Outputs: []definition.Output{
					{Key: "total", PeriodUnit: definition.Quarterly, Aggregate: definition.Sum, Column: "reading"},
				},
			},
			[]string{` QUARTERLY 2023 2 {"total":3} 2`, ` QUARTERLY 2023 3 {"total":4} 1`},
			"",
		},
		"rows of another year are set aside": {
			"site,date,reading\nA,2023-01-01,1\nA,2024-01-01,2\n", readings(skip),
			[]string{`A MONTHLY 2023 1 {"total":1,"rows":1} 1`},
			definition.RowYearMismatch,
		},
		"a quarter is too coarse for a month": {
			"site,date,reading\nA,2023-05,1\nA,Q1 2023,2\n",
			readings(skip, func(v *definition.Version) { v.Columns[1].Type = definition.TypeString }),
			[]string{`A MONTHLY 2023 5 {"total":1,"rows":1} 1`},
			definition.RowPeriodTooCoarse,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			run := w.imported(test.file, test.version, ofYear)
			require.Equal(t, test.results, w.results(run.ID))
			var codes []definition.RowErrorCode
			for _, e := range w.rowErrors(run.ID) {
				codes = append(codes, e.Code)
			}
			if test.code == "" {
				require.Empty(t, codes)
			} else {
				require.Equal(t, []definition.RowErrorCode{test.code}, codes)
			}
		})
	}
}

// broken has a good row, a bad number, a blank row, two faults in one row, and a cell too many.
const broken = "site,date,reading\nA,2024-01-03,1.5\nA,2024-01-04,x\n\nB,yesterday,=1+1\n" +
	"A,2024-01-05,2,3\nA,2024-01-06,4\n"

func TestSkipSetsBadRowsAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported(broken, readings(skip))
	require.Equal(t, definition.ImportPartiallyCompleted, run.Status)
	require.Equal(t, []string{`A MONTHLY 2024 1 {"total":5.5,"rows":2} 2`}, w.results(run.ID))
	require.EqualValues(t, 5, *run.RowCount)
	require.EqualValues(t, 2, run.AcceptedRowCount)
	require.EqualValues(t, 3, run.RejectedRowCount)
	require.EqualValues(t, 1, run.BlankRowCount)
	requireBroken(t, w, run)
	require.EqualValues(t, 1, w.resultRows(run.ID)[0].RowsRejected)
}

func TestFailKeepsAllErrorsAndNoResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported(broken, readings())
	sentence := failed(t, run, definition.ErrorInvalidRows)
	require.Contains(t, sentence, "3 of 5 rows have errors; the first is row 2 (line 3)")
	require.Contains(t, sentence, "'reading'")
	require.Empty(t, w.results(run.ID))
	require.EqualValues(t, 5, run.ProcessedRowCount)
	require.EqualValues(t, 5, *run.RowCount)
	requireBroken(t, w, run)
}

// requireBroken requires what every import of broken says about its rows.
func requireBroken(t *testing.T, w *world, run *ent.ImportRun) {
	t.Helper()
	type one struct {
		row, line int64
		column    string
		code      definition.RowErrorCode
		value     string
	}
	var got []one
	for _, e := range w.rowErrors(run.ID) {
		o := one{row: e.Row, line: *e.Line, code: e.Code}
		if e.Column != nil {
			o.column = *e.Column
		}
		if e.Value != nil {
			o.value = *e.Value
		}
		got = append(got, o)
		require.NotContains(t, e.Message, "yesterday")
	}
	require.Equal(t, []one{
		{2, 3, "reading", definition.RowNumberInvalid, "x"},
		{3, 5, "date", definition.RowDateInvalid, "yesterday"},
		{3, 5, "reading", definition.RowNumberInvalid, "=1+1"},
		{4, 6, "", definition.RowColumnCountMismatch, "A,2024-01-05,2,3"},
	}, got)
	require.Len(t, run.ErrorGroups, 3)
	require.EqualValues(t, 2, run.ErrorGroups[0].Count)
	require.Equal(t, []definition.RowRange{{First: 2, Last: 3}}, run.ErrorGroups[0].RowRanges)

	require.NotNil(t, run.RejectedRowsKey)
	records := strings.Split(w.object(*run.RejectedRowsKey), "\n")
	require.Equal(t, "\uFEFFsite,date,reading,_row,_line,_error", records[0])
	require.True(t, strings.HasPrefix(records[1], "A,2024-01-04,x,2,3,"), records[1])
	require.True(t, strings.HasPrefix(records[2], "B,yesterday,'=1+1,3,5,"), records[2])
	require.True(t, strings.HasPrefix(records[3], "A,2024-01-05,2,4,6,"), records[3])
	require.True(t, strings.HasSuffix(records[3], ",3"), records[3])
	require.Equal(t, []string{""}, records[4:])

	url, expires, ok, err := w.RejectedRows(w.collector(), run)
	require.NoError(t, err)
	require.True(t, ok)
	require.Contains(t, url, "readings-rejected.csv")
	require.True(t, expires.After(time.Now()))
	_, _, ok, err = w.RejectedRows(w.person(viewer.RoleOwner, w.otherGroup), run)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestRowErrorsAreCappedAndCountsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *importer.Config) {
		c.Limits = definition.DefaultLimits()
		c.Limits.MaxRowErrors = 10
	})
	var file strings.Builder
	file.WriteString("site,date,reading\n")
	for i := range 20_000 {
		fmt.Fprintf(&file, "A,2024-01-03,%s\n", map[bool]string{true: "1", false: "bad"}[i%4 == 0])
	}
	run := w.imported(file.String(), readings(skip))
	require.Equal(t, definition.ImportPartiallyCompleted, run.Status)
	errs := w.rowErrors(run.ID)
	require.Len(t, errs, 10)
	for i, e := range errs {
		require.EqualValues(t, i+i/3+2, e.Row)
	}
	require.EqualValues(t, 15_000, run.ErrorGroups[0].Count)
	require.EqualValues(t, 15_000, run.RejectedRowCount)
	require.Equal(t, definition.WarningRowErrorsTruncated, run.Warnings[0].Code)
	// Set-aside rows stand in the order of the file, whoever computed them.
	lines := strings.Split(strings.TrimSpace(w.object(*run.RejectedRowsKey)), "\n")
	require.Len(t, lines, 15_001)
	for i, line := range lines[1:] {
		require.Equal(t, itoa(i+i/3+2), strings.Split(line, ",")[3])
	}
}

func TestFailuresOfTheFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, sentence string
		code           definition.ImportErrorCode
		version        definition.Version
	}{
		"empty":       {"", "", definition.ErrorNoHeader, readings()},
		"header only": {"site,date,reading\n", "no rows", definition.ErrorNoRows, readings()},
		"blank rows only": {
			"site,date,reading\n\n,,\n", "no rows", definition.ErrorNoRows, readings(),
		},
		"column missing": {
			"site,date,consumption\nA,2024-01-01,1\n",
			"column 'reading' is not in the file; it has: site, date, consumption", definition.ErrorColumnMissing, readings(),
		},
		"column twice": {
			"site,date,reading,reading\nA,2024-01-01,1,2\n", "reading", definition.ErrorColumnAmbiguous, readings(),
		},
		"no valid row": {
			"site,date,reading\nA,2024-01-01,x\n", "none of the 1 rows", definition.ErrorNoValidRows, readings(skip),
		},
		"binary": {
			"PK\x03\x04\x00\x00\x00\x00\x00\x00", "", definition.ErrorFileUnreadable, readings(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			run := w.imported(test.file, test.version)
			require.Contains(t, failed(t, run, test.code), test.sentence)
			require.Empty(t, w.results(run.ID))
			require.Zero(t, w.leases())
			require.Equal(t, test.code == definition.ErrorNoValidRows, run.RejectedRowsKey != nil)
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(l *definition.Limits){
		"rows":    func(l *definition.Limits) { l.MaxRows = 3 },
		"bytes":   func(l *definition.Limits) { l.MaxFileBytes = 50 },
		"columns": func(l *definition.Limits) { l.MaxColumns = 2 },
		"sites":   func(l *definition.Limits) { l.MaxSites = 1 },
		"results": func(l *definition.Limits) { l.MaxResults = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *importer.Config) {
				c.Limits = definition.DefaultLimits()
				limit(&c.Limits)
			})
			run := w.imported(small, readings(skip))
			failed(t, run, definition.ErrorLimitExceeded)
			require.Nil(t, run.RejectedRowsKey)
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := readings(func(v *definition.Version) {
		v.Columns = append(v.Columns, definition.Column{Name: "note", Type: definition.TypeString})
	})
	file := "site,date,reading,,remark,remark\nA,2024-01-01,1,,a,b\n"
	id := w.define(v)
	first := w.start(w.upload(file), id)
	w.run(first.ID)
	var codes []definition.WarningCode
	for _, warning := range w.get(first.ID).Warnings {
		codes = append(codes, warning.Code)
	}
	require.Equal(t, []definition.WarningCode{
		definition.WarningEmptyHeader, definition.WarningDuplicateHeader, definition.WarningExtraColumns,
	}, codes)
}

func TestADuplicateFileIsAWarningThatNamesTheEarlierImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.define(readings())
	// warned is the import that the warning names, of an import of this history that was made without looking further.
	warned := func(run *ent.ImportRun) string {
		w.clock.forward(time.Hour)
		w.run(run.ID)
		done := w.get(run.ID)
		require.Equal(t, definition.ImportCompleted, done.Status)
		if len(done.Warnings) == 0 {
			return ""
		}
		require.Len(t, done.Warnings, 1)
		warning := done.Warnings[0]
		require.Equal(t, definition.WarningDuplicateFile, warning.Code)
		require.Equal(t, "importId", warning.Params[0].Name)
		earlier := w.get(warning.Params[0].Value)
		at := earlier.CreatedAt.UTC()
		require.Equal(t, definition.Param{Name: "createdAt", Value: at.Format(time.RFC3339)}, warning.Params[1])
		require.Contains(t, warning.Message, earlier.ID)
		require.Contains(t, warning.Message, at.Format("2006-01-02"))
		for _, hidden := range []string{earlier.FileName, done.FileName, "secret"} {
			require.NotContains(t, warning.Message, hidden, "the whole organization reads a warning")
			for _, p := range warning.Params {
				require.NotContains(t, p.Value, hidden)
			}
		}
		return earlier.ID
	}
	first := w.start(w.upload(small), id)
	require.Empty(t, warned(first))
	require.Empty(t, warned(w.start(w.upload(small), w.define(readings()))), "another definition")
	require.Empty(t, warned(w.start(w.upload(small+"A,2024-03-01,1\n"), id)), "another file")
	second := w.start(w.upload(small), id)
	require.Equal(t, first.ID, warned(second))
	require.Equal(t, second.ID, warned(w.start(w.upload(small), id)), "the newest")

	// Another group's people are told of it, and which import to ask for; its name is not theirs to know.
	content := small + "B,2024-05-01,1\n"
	path := w.put([]byte(content))
	theirs := w.start(w.history(path, []byte(content), func(c *ent.ReviewUploadHistoryCreate) {
		c.SetFileName("secret.csv")
	}), id)
	require.Empty(t, warned(theirs))
	key := w.org + "/" + w.otherGroup + "/x"
	writer, err := w.bucket.NewWriter(context.Background(), key)
	require.NoError(t, err)
	_, err = io.WriteString(writer, content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	ours, err := w.Start(w.person(viewer.RoleCollector, w.otherGroup), importer.StartInput{
		UploadHistoryID: w.history(w.bucket.Path(key), []byte(content), func(c *ent.ReviewUploadHistoryCreate) {
			c.SetGroupID(w.otherGroup)
		}), ImportDefinitionID: id,
	})
	require.NoError(t, err)
	require.Equal(t, theirs.ID, warned(ours))
}

func TestRunWaitsForTheCheckAndTakesItsFindings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.put([]byte(small))
	id := w.history(path, nil, func(c *ent.ReviewUploadHistoryCreate) {
		c.SetStatus(definition.UploadProcessing)
	})
	run := w.start(id, w.define(readings()))
	require.Nil(t, run.RowCount)
	err := w.Run(context.Background(), w.org, run.ID)
	var again *importer.RetryError
	require.ErrorAs(t, err, &again)
	require.Positive(t, again.RetryAfter())
	require.Equal(t, definition.ImportPending, w.get(run.ID).Status)
	require.Zero(t, w.leases())

	w.system(func(ctx context.Context) {
		w.db.Client().ReviewUploadHistory.Update().SetStatus(definition.UploadSuccess).SetRowCount(4).
			SetFileSize(int64(len(small))).SaveX(ctx)
	})
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportCompleted, done.Status)
	require.EqualValues(t, 4, *done.RowCount)
	require.EqualValues(t, len(small), *done.FileSize)
	require.Len(t, *done.Sha256, 64)
}
