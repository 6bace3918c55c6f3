package importer_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

// everything computes with every aggregate, also those that depend on the order of rows.
func everything(change ...func(*definition.Version)) definition.Version {
	v := readings(change...)
	v.Columns = append(v.Columns, definition.Column{Name: "note", Type: definition.TypeString})
	for _, a := range []definition.Aggregate{
		definition.Sum, definition.Average, definition.Min, definition.Max, definition.First, definition.Last,
	} {
		v.Outputs = append(v.Outputs, definition.Output{
			Key: "yearly-" + strings.ToLower(string(a)), PeriodUnit: definition.Yearly, Aggregate: a, Column: "reading",
		})
	}
	v.Outputs = append(v.Outputs,
		definition.Output{
			Key: "first-note", Type: definition.OutputString, PeriodUnit: definition.Monthly, Aggregate: definition.First,
			Column: "note",
		},
		definition.Output{
			Key: "last-note", Type: definition.OutputString, PeriodUnit: definition.Monthly, Aggregate: definition.Last,
			Column: "note",
		})
	return v
}

// hundred is a file of a hundred rows and the same with some of them spoiled, the first and the last of a group too.
func hundred(spoiled ...int) (right, wrong string) {
	var r, w strings.Builder
	for _, b := range []*strings.Builder{&r, &w} {
		b.WriteString("site,date,reading,note\n")
	}
	for i := 1; i <= 100; i++ {
		line := fmt.Sprintf("%c,2024-%02d-01,%d.%d,n%d\n", 'A'+i%2, 1+(i-1)/50, i, i%7+1, i)
		r.WriteString(line)
		for _, n := range spoiled {
			if n == i {
				line = strings.Replace(line, "2024-", "someday", 1)
			}
		}
		w.WriteString(line)
		if i%30 == 0 {
			r.WriteString("\n")
			w.WriteString(",,,\n")
		}
	}
	return r.String(), w.String()
}

// correct starts a correction with a file and runs it to its end.
func (w *world) correct(
	earlier *ent.ImportRun, content string, change ...func(*importer.StartInput),
) *ent.ImportRun {
	w.t.Helper()
	run := w.startCorrection(earlier, content, change...)
	w.run(run.ID)
	return w.get(run.ID)
}

func (w *world) startCorrection(
	earlier *ent.ImportRun, content string, change ...func(*importer.StartInput),
) *ent.ImportRun {
	w.t.Helper()
	return w.start(w.upload(content), earlier.ImportDefinitionID, append(change, func(in *importer.StartInput) {
		in.CorrectionOf = &earlier.ID
	})...)
}

// rejectedRows is what an import has set aside, with every occurrence of old mended.
func (w *world) rejectedRows(run *ent.ImportRun, old, mended string) string {
	w.t.Helper()
	require.NotNil(w.t, run.RejectedRowsKey)
	rows := w.object(*run.RejectedRowsKey)
	require.Contains(w.t, rows, old)
	return strings.ReplaceAll(rows, old, mended)
}

// requireWhole requires a correction to be what an import of the right file is.
func (w *world) requireWhole(right string, v definition.Version, run *ent.ImportRun) {
	w.t.Helper()
	want := w.imported(right, v)
	require.Equal(w.t, definition.ImportCompleted, want.Status, want.Error)
	require.Equal(w.t, definition.ImportCompleted, run.Status, run.Error)
	require.Equal(w.t, w.results(want.ID), w.results(run.ID))
	require.Equal(w.t, *want.RowCount, *run.RowCount)
	require.Equal(w.t, want.ProcessedRowCount, run.ProcessedRowCount)
	require.Equal(w.t, want.AcceptedRowCount, run.AcceptedRowCount)
	require.Zero(w.t, run.RejectedRowCount)
	require.Nil(w.t, run.RejectedRowsKey)
}

func TestACorrectedImportIsWhatTheRightFileIs(t *testing.T) {
	t.Parallel()
	right, wrong := hundred(1, 50, 99)
	all := make([]int, 100)
	for i := range all {
		all[i] = i + 1
	}
	_, hopeless := hundred(all...)
	for name, test := range map[string]struct {
		file   string
		policy definition.InvalidRowPolicy
		status definition.ImportStatus
	}{
		"bad rows skipped":        {wrong, definition.InvalidRowSkip, definition.ImportPartiallyCompleted},
		"bad rows are a failure":  {wrong, definition.InvalidRowFail, definition.ImportFailed},
		"none of them was usable": {hopeless, definition.InvalidRowSkip, definition.ImportFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := everything(func(v *definition.Version) { v.OnInvalidRow = test.policy })
			earlier := w.imported(test.file, v)
			require.Equal(t, test.status, earlier.Status)
			changes := w.bus.Subscribe(w.org, event.Import)
			defer changes.Close()
			run := w.correct(earlier, w.rejectedRows(earlier, "someday", "2024-"))
			w.requireWhole(right, v, run)
			require.Equal(t, earlier.ID, *run.CorrectionOfID)
			require.Equal(t, test.policy, run.OnInvalidRow)
			superseded := w.get(earlier.ID)
			require.Equal(t, run.ID, *superseded.SupersededByID)
			require.Greater(t, superseded.Revision, earlier.Revision)
			var told []string
			for _, c := range changes.Take() {
				if c.Final {
					told = append(told, c.ID)
				}
			}
			require.Subset(t, told, []string{earlier.ID, run.ID})
		})
	}
}

func TestACorrectionCountsAcceptedRowsOfBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wrong := hundred(3, 4, 5)
	v := everything(skip)
	earlier := w.imported(wrong, v)
	file := strings.Replace(w.rejectedRows(earlier, "someday", "2024-"), "2024-", "never", 1)
	history := w.upload(file)
	number, _ := prefixid.Number(prefixid.UploadHistory, history)
	w.system(func(ctx context.Context) {
		w.db.Client().ReviewUploadHistory.UpdateOneID(number).SetRowCount(3).ExecX(ctx)
	})
	run := w.start(history, earlier.ImportDefinitionID, func(in *importer.StartInput) { in.CorrectionOf = &earlier.ID })
	require.EqualValues(t, 100, *run.RowCount)
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportPartiallyCompleted, done.Status)
	require.EqualValues(t, 100, *done.RowCount)
	require.EqualValues(t, 100, done.ProcessedRowCount)
	require.EqualValues(t, 99, done.AcceptedRowCount)
	require.EqualValues(t, 1, done.RejectedRowCount)
	require.Zero(t, done.BlankRowCount)
	errs := w.rowErrors(run.ID)
	require.Len(t, errs, 1)
	require.EqualValues(t, 1, errs[0].Row, "rows are those of the new file")
	require.EqualValues(t, 2, *errs[0].Line)
	require.Equal(t, run.ID, *w.get(earlier.ID).SupersededByID)
}

func TestACorrectionOfACorrection(t *testing.T) {
	t.Parallel()
	right, wrong := hundred(1, 50, 99)
	for name, policy := range map[string]definition.InvalidRowPolicy{
		"that was partly one": definition.InvalidRowSkip, "that failed": definition.InvalidRowFail,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := everything(skip)
			first := w.imported(wrong, v)
			half := strings.Replace(w.rejectedRows(first, "someday", "2024-"), "2024-", "someday", 1)
			second := w.correct(first, half, func(in *importer.StartInput) { in.OnInvalidRow = &policy })
			require.EqualValues(t, 1, second.RejectedRowCount, second.Error)
			third := w.correct(second, w.rejectedRows(second, "someday", "2024-"))
			w.requireWhole(right, v, third)
			require.Equal(t, third.ID, *w.get(second.ID).SupersededByID)
			if policy == definition.InvalidRowSkip {
				require.Equal(t, second.ID, *w.get(first.ID).SupersededByID)
			} else {
				require.Equal(t, third.ID, *w.get(first.ID).SupersededByID)
			}
		})
	}
}

// What a row was corrected to stands where the row stood; what says nothing about that comes last.
func TestCorrectedRowsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	v := everything(skip)
	file := "site,date,reading,note\nA,bad,1,first\nA,2024-01-01,2,middle\nA,bad,3,last\n"
	for name, test := range map[string]struct{ corrected, first, last string }{
		"with the number of the row": {
			"site,date,reading,note,_row\nA,2024-01-01,3,last,3\nA,2024-01-01,1,first,1\n", "first", "last",
		},
		"two for one": {
			"site,date,reading,note,_row\nA,2024-01-01,3,last,1\nA,2024-01-01,1,first,1\n", "last", "middle",
		},
		"without numbers": {
			"site,date,reading,note\nA,2024-01-01,3,last\nA,2024-01-01,1,first\n", "middle", "first",
		},
		"with numbers of other rows": {
			"site,date,reading,note,_row\nA,2024-01-01,3,last,2\nA,2024-01-01,1,first,x\nA,2024-01-01,1,end,900\n", "middle", "end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			run := w.correct(w.imported(file, v), test.corrected)
			require.Equal(t, definition.ImportCompleted, run.Status, run.Error)
			require.Contains(t, w.results(run.ID)[0], `"first-note":"`+test.first+`","last-note":"`+test.last+`"`)
		})
	}
}

func TestACorrectedFileMayLookOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := readings(skip, func(v *definition.Version) {
		v.Format = definition.Format{Delimiter: ";", DecimalSeparator: ",", DateFormats: []string{"DD.MM.YYYY"}}
	})
	mapping := []definition.ColumnMapping{{Column: "reading", Header: "kWh"}}
	earlier := w.imported("site;date;kWh\nA;01.02.2024;1,5\nA;bad;2,5\n", v, func(in *importer.StartInput) {
		in.ColumnMapping = mapping
	})
	require.Equal(t, definition.ImportPartiallyCompleted, earlier.Status, earlier.Error)

	// Columns elsewhere, another delimiter, the same numbers and dates; the mapping is remembered.
	run := w.correct(earlier, "kWh,date,site\n\"2,5\",01.02.2024,A\n")
	require.Equal(t, definition.ImportCompleted, run.Status, run.Error)
	require.Equal(t, []string{`A MONTHLY 2024 2 {"total":4,"rows":2} 2`}, w.results(run.ID))
	require.Equal(t, definition.Format{DecimalSeparator: ",", DateFormats: []string{"DD.MM.YYYY"}}, run.Format)

	// What the start says goes first.
	earlier = w.imported("site;date;kWh\nA;01.02.2024;1,5\nA;bad;2,5\n", v, func(in *importer.StartInput) {
		in.ColumnMapping = mapping
	})
	run = w.correct(earlier, "value|day|site\n2.5|2024-02-01|A\n", func(in *importer.StartInput) {
		in.ColumnMapping = []definition.ColumnMapping{{Column: "reading", Header: "value"}, {Column: "date", Header: "day"}}
		in.Format = &definition.Format{DecimalSeparator: ".", DateFormats: []string{"YYYY-MM-DD"}}
	})
	require.Equal(t, definition.ImportCompleted, run.Status, run.Error)
	require.Equal(t, []string{`A MONTHLY 2024 2 {"total":4,"rows":2} 2`}, w.results(run.ID))
}

func TestARowThatWasAcceptedOnceMayBeRefusedNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site("A", "Alpha")
	bravo := w.site("B", "Bravo")
	v := everything(skip, func(v *definition.Version) { v.OnUnknownSite = definition.UnknownSiteReject })
	right, wrong := hundred(1, 2)
	earlier := w.imported(wrong, v)
	require.Equal(t, definition.ImportPartiallyCompleted, earlier.Status, earlier.Error)
	w.system(func(ctx context.Context) { w.forget(ctx, bravo) })
	run := w.correct(earlier, w.rejectedRows(earlier, "someday", "2024-"))
	require.Equal(t, definition.ImportPartiallyCompleted, run.Status, run.Error)
	require.EqualValues(t, 100, *run.RowCount)
	require.EqualValues(t, 50, run.AcceptedRowCount)
	require.EqualValues(t, 50, run.RejectedRowCount)
	errs := w.rowErrors(run.ID)
	require.Len(t, errs, 50)
	var here, there int
	for _, e := range errs {
		require.Equal(t, definition.RowSiteUnknown, e.Code)
		if strings.Contains(e.Message, earlier.ID) {
			require.Contains(t, e.Params, definition.Param{Name: "importId", Value: earlier.ID})
			there++
		} else {
			here++
		}
	}
	require.Equal(t, 1, here)
	require.Equal(t, 49, there)
	rows := w.object(*run.RejectedRowsKey)
	require.Contains(t, rows, ","+earlier.ID+":3,4,")

	// They are corrected like any others, and find their places.
	w.site("B", "Bravo")
	again := w.correct(run, rows)
	w.requireWhole(right, v, again)
}

// forget takes away a site with all its spellings.
func (w *world) forget(ctx context.Context, id string) {
	c := w.db.Client()
	for _, n := range c.SiteName.Query().AllX(ctx) {
		if n.SiteID == id {
			c.SiteName.DeleteOne(n).ExecX(ctx)
		}
	}
	c.Site.UpdateOneID(id).SetKey("gone").SetName("Gone").ExecX(ctx)
}

func TestCorrectionsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wrong := hundred(1)
	year, other, two := 2024, 2023, 2
	earlier := w.imported(wrong, everything(skip), func(in *importer.StartInput) { in.Year = &year })
	open := w.imported(wrong, everything(skip))
	completed := w.imported(small, readings())
	failure := w.imported("site,date\nA,2024-01-01\n", readings())
	pending := w.start(w.upload(wrong), w.define(everything(skip)))
	superseded := w.imported(wrong, everything(skip))
	successor := w.correct(superseded, w.rejectedRows(superseded, "someday", "2024-"))
	busy := w.imported(wrong, everything(skip))
	active := w.startCorrection(busy, w.rejectedRows(busy, "someday", "2024-"))
	file := w.upload(w.rejectedRows(earlier, "someday", "2024-"))
	theirs := w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) { c.SetGroupID(w.otherGroup) })
	before := w.imports()

	of := func(run *ent.ImportRun, change ...func(*importer.StartInput)) importer.StartInput {
		in := importer.StartInput{
			UploadHistoryID: file, ImportDefinitionID: run.ImportDefinitionID, CorrectionOf: &run.ID,
		}
		for _, f := range change {
			f(&in)
		}
		return in
	}
	absent := prefixid.New(prefixid.Import)
	for name, test := range map[string]struct {
		ctx   context.Context
		in    importer.StartInput
		codes []refusal.Code
		field string
		named string
	}{
		"no import": {
			w.collector(), of(earlier, func(in *importer.StartInput) { in.CorrectionOf = &absent }),
			[]refusal.Code{refusal.NotFound},
			"correctionOf", "",
		},
		"no id": {
			w.collector(), of(earlier, func(in *importer.StartInput) { in.CorrectionOf = &in.ImportDefinitionID }),
			[]refusal.Code{refusal.NotFound},
			"correctionOf", "",
		},
		"another group's": {
			w.person(viewer.RoleOwner, w.otherGroup), of(earlier, func(in *importer.StartInput) { in.UploadHistoryID = theirs }),
			[]refusal.Code{refusal.NotFound},
			"correctionOf", "",
		},
		"completed": {w.collector(), of(completed), []refusal.Code{refusal.InvalidTransition}, "correctionOf", ""},
		"failed for another reason": {
			w.collector(), of(failure), []refusal.Code{refusal.InvalidTransition}, "correctionOf", "",
		},
		"not ended": {w.collector(), of(pending), []refusal.Code{refusal.InvalidTransition}, "correctionOf", ""},
		"superseded": {
			w.collector(), of(superseded), []refusal.Code{refusal.InvalidTransition}, "correctionOf", successor.ID,
		},
		"being corrected": {w.collector(), of(busy), []refusal.Code{refusal.Conflict}, "correctionOf", active.ID},
		"another definition": {
			w.collector(), of(earlier, func(in *importer.StartInput) { in.ImportDefinitionID = open.ImportDefinitionID }),
			[]refusal.Code{refusal.InvalidInput},
			"correctionOf", "",
		},
		"another version": {
			w.collector(), of(earlier, func(in *importer.StartInput) { in.Version = &two }),
			[]refusal.Code{refusal.InvalidInput},
			"version", "",
		},
		"another year": {
			w.collector(), of(earlier, func(in *importer.StartInput) { in.Year = &other }),
			[]refusal.Code{refusal.InvalidInput},
			"year", "",
		},
		"a year where there was none": {
			w.collector(), of(open, func(in *importer.StartInput) { in.Year = &year }),
			[]refusal.Code{refusal.InvalidInput},
			"year", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Start(test.ctx, test.in)
			errs := refused(t, err, test.codes...)
			require.Equal(t, []string{"input", test.field}, errs[0].Field)
			if test.named != "" {
				require.Equal(t, []definition.Param{{Name: "importId", Value: test.named}}, errs[0].Params)
			}
		})
	}
	require.Equal(t, before, w.imports())

	// The same version and year may be said.
	one := 1
	run, err := w.Start(w.collector(), of(earlier, func(in *importer.StartInput) { in.Version, in.Year = &one, &year }))
	require.NoError(t, err)
	require.Equal(t, year, *run.Year)
}

func TestOneOfManyCorrectionsStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wrong := hundred(7)
	earlier := w.imported(wrong, everything(skip))
	file := w.upload(w.rejectedRows(earlier, "someday", "2024-"))
	const many = 8
	errs := make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			_, errs[i] = w.Start(w.collector(), importer.StartInput{
				UploadHistoryID: file, ImportDefinitionID: earlier.ImportDefinitionID, CorrectionOf: &earlier.ID,
			})
		})
	}
	all.Wait()
	started := 0
	for _, err := range errs {
		if err == nil {
			started++
		} else {
			refused(t, err, refusal.Conflict)
		}
	}
	require.Equal(t, 1, started)
}

func TestCorrectionsWithOneKeyAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wrong := hundred(7)
	earlier := w.imported(wrong, everything(skip))
	file := w.upload(w.rejectedRows(earlier, "someday", "2024-"))
	const many = 8
	ids := make([]string, many)
	key := "k"
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			run, err := w.Start(w.collector(), importer.StartInput{
				UploadHistoryID: file, ImportDefinitionID: earlier.ImportDefinitionID, CorrectionOf: &earlier.ID,
				IdempotencyKey: &key,
			})
			if err == nil {
				ids[i] = run.ID
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
		require.NotEmpty(t, id)
	}
	_, err := w.Start(w.collector(), importer.StartInput{
		UploadHistoryID: file, ImportDefinitionID: earlier.ImportDefinitionID, IdempotencyKey: &key,
	})
	refused(t, err, refusal.IdempotencyKeyReused)
}

// However two corrections came to run, the first to end wins and the other one writes nothing.
func TestTheSecondCorrectionToEndFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wrong := hundred(7)
	earlier := w.imported(wrong, everything(skip))
	run := w.startCorrection(earlier, w.rejectedRows(earlier, "someday", "2024-"))
	other := w.imported(small, readings())
	w.system(func(ctx context.Context) {
		w.db.Client().ImportRun.UpdateOneID(earlier.ID).SetSupersededByID(other.ID).ExecX(ctx)
	})
	w.run(run.ID)
	sentence := failed(t, w.get(run.ID), definition.ErrorConstraintViolation)
	require.Contains(t, sentence, earlier.ID)
	require.Empty(t, w.results(run.ID))
	require.NotEqual(t, run.ID, *w.get(earlier.ID).SupersededByID)
}

func TestARetryOfACorrectionIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	right, wrong := hundred(1, 2, 3)
	v := everything(skip)
	earlier := w.imported(wrong, v)
	run := w.startCorrection(earlier, w.rejectedRows(earlier, "someday", "2024-"))
	_, err := w.Cancel(w.collector(), run.ID, nil)
	require.NoError(t, err)
	require.Nil(t, w.get(earlier.ID).SupersededByID)
	again, err := w.Retry(w.collector(), run.ID, nil)
	require.NoError(t, err)
	require.Equal(t, earlier.ID, *again.CorrectionOfID)
	_, err = w.Retry(w.collector(), run.ID, nil)
	require.Equal(t, again.ID, refused(t, err, refusal.Conflict)[0].Params[0].Value)
	w.run(again.ID)
	w.requireWhole(right, v, w.get(again.ID))
	require.Equal(t, again.ID, *w.get(earlier.ID).SupersededByID)
	_, err = w.Retry(w.collector(), run.ID, nil)
	refused(t, err, refusal.InvalidTransition)

	// One that was partly a success already stands in the place of the earlier import; repeated, it still does.
	earlier = w.imported(wrong, v)
	half := strings.Replace(w.rejectedRows(earlier, "someday", "2024-"), "2024-", "someday", 1)
	run = w.correct(earlier, half)
	again, err = w.Retry(w.collector(), run.ID, nil)
	require.NoError(t, err)
	w.run(again.ID)
	done := w.get(again.ID)
	require.Equal(t, definition.ImportPartiallyCompleted, done.Status, done.Error)
	require.Equal(t, run.ID, *w.get(earlier.ID).SupersededByID)
	last := w.correct(done, w.rejectedRows(done, "someday", "2024-"))
	w.requireWhole(right, v, last)
}

func TestACorrectionSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	right, wrong := hundred(1, 2, 3)
	v := everything(skip)
	earlier := w.imported(wrong, v)
	run := w.startCorrection(earlier, w.rejectedRows(earlier, "someday", "2024-"))
	w.crash(run.ID)
	n, err := w.Recover(context.Background(), true)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Nil(t, w.get(earlier.ID).SupersededByID)
	w.run(run.ID)
	w.requireWhole(right, v, w.get(run.ID))
	require.Equal(t, 2, w.get(run.ID).Attempt)
}

func TestWhatACorrectionNeedsMayBeGone(t *testing.T) {
	t.Parallel()
	_, wrong := hundred(1)
	for name, test := range map[string]struct {
		harm     func(w *world, earlier *ent.ImportRun, path string)
		code     definition.ImportErrorCode
		sentence string
	}{
		"the file": {
			func(w *world, _ *ent.ImportRun, path string) { w.remove(path) },
			definition.ErrorFileMissing, "the file of import",
		},
		"the file's record": {
			func(w *world, earlier *ent.ImportRun, _ string) {
				w.system(func(ctx context.Context) {
					w.db.Client().ReviewUploadHistory.UpdateOneID(earlier.UploadHistoryID).
						SetDeletedAt(w.clock.now()).ExecX(ctx)
				})
			},
			definition.ErrorFileMissing, "the file of import",
		},
		"the same file": {
			func(w *world, _ *ent.ImportRun, path string) {
				w.remove(path)
				w.replace(path, wrong)
			},
			definition.ErrorSourceChanged, "the file of import",
		},
		"the set-aside rows": {
			func(w *world, earlier *ent.ImportRun, _ string) { w.remove(w.bucket.Path(*earlier.RejectedRowsKey)) },
			definition.ErrorFileMissing, "has set aside",
		},
		"some of the set-aside rows": {
			func(w *world, earlier *ent.ImportRun, _ string) {
				rows := w.object(*earlier.RejectedRowsKey)
				w.remove(w.bucket.Path(*earlier.RejectedRowsKey))
				w.replace(w.bucket.Path(*earlier.RejectedRowsKey), rows[:strings.Index(rows, "\n")+1])
			},
			definition.ErrorSourceChanged, "has set aside",
		},
		"the columns of the set-aside rows": {
			func(w *world, earlier *ent.ImportRun, _ string) {
				w.remove(w.bucket.Path(*earlier.RejectedRowsKey))
				w.replace(w.bucket.Path(*earlier.RejectedRowsKey), "a,b\n1,2\n")
			},
			definition.ErrorSourceChanged, "has set aside",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.put([]byte(wrong))
			earlier := w.start(w.history(path, []byte(wrong)), w.define(everything(skip)))
			w.run(earlier.ID)
			earlier = w.get(earlier.ID)
			file := w.rejectedRows(earlier, "someday", "2024-")
			test.harm(w, earlier, path)
			run := w.correct(earlier, file)
			sentence := failed(t, run, test.code)
			require.Contains(t, sentence, test.sentence)
			require.Contains(t, sentence, earlier.ID)
			require.Contains(t, run.ErrorParams, definition.Param{Name: "importId", Value: earlier.ID})
			require.Nil(t, w.get(earlier.ID).SupersededByID)
		})
	}
}

// replace puts another object in the place of one that was removed.
func (w *world) replace(path, content string) {
	w.t.Helper()
	key, ok := w.bucket.Key(path)
	require.True(w.t, ok)
	writer, err := w.bucket.NewWriter(context.Background(), key)
	require.NoError(w.t, err)
	_, err = writer.Write([]byte(content))
	require.NoError(w.t, err)
	require.NoError(w.t, writer.Close())
}
