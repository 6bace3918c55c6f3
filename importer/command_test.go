package importer_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

func TestAFormatForOneImportReplacesWhatItContradicts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.define(readings(skip, func(v *definition.Version) {
		v.Format = definition.Format{
			Encoding: "windows-1254", Delimiter: ";", Quote: "'", HeaderRow: 3,
			DecimalSeparator: ",", ThousandsSeparator: ".", DateFormats: []string{"DD.MM.YYYY"}, TimeZone: "Europe/Istanbul",
		}
	}))
	for _, test := range []struct{ given, want definition.Format }{
		{
			definition.Format{Kind: definition.KindXLSX, Sheet: "Mai"},
			definition.Format{
				Kind: definition.KindXLSX, Sheet: "Mai", HeaderRow: 3,
				DecimalSeparator: ",", ThousandsSeparator: ".", DateFormats: []string{"DD.MM.YYYY"}, TimeZone: "Europe/Istanbul",
			},
		},
		{
			definition.Format{Kind: definition.KindJSONL, Locale: "en-US"},
			definition.Format{
				Kind: definition.KindJSONL, Encoding: "windows-1254", Locale: "en-US", TimeZone: "Europe/Istanbul",
			},
		},
	} {
		given := test.given
		run := w.start(w.upload(small), id, func(in *importer.StartInput) { in.Format = &given })
		require.Equal(t, test.want, run.Format)
	}
}

func TestStartPinsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.define(readings(skip, func(v *definition.Version) {
		v.Format = definition.Format{Delimiter: ",", DecimalSeparator: ".", DateFormats: []string{"YYYY-MM-DD"}}
	}))
	fail := definition.InvalidRowFail
	run := w.start(w.upload(small), id, func(in *importer.StartInput) {
		in.ColumnMapping = []definition.ColumnMapping{{Column: " reading ", Header: "reading"}}
		in.Format = &definition.Format{Delimiter: ";", TimeZone: " Europe/Istanbul "}
		in.OnInvalidRow = &fail
	})
	require.Equal(t, definition.ImportPending, run.Status)
	require.Equal(t, w.user, run.UserID)
	require.Equal(t, w.group, run.GroupID)
	require.Equal(t, w.org, run.DefinitionOrganizationID)
	require.Equal(t, 1, run.DefinitionVersion)
	require.Equal(t, "readings.csv", run.FileName)
	require.Equal(t, fail, run.OnInvalidRow)
	require.Equal(t, []definition.ColumnMapping{{Column: "reading", Header: "reading"}}, run.RequestedMapping)
	require.Equal(t, definition.Format{
		Delimiter: ";", DecimalSeparator: ".", DateFormats: []string{"YYYY-MM-DD"}, TimeZone: "Europe/Istanbul",
	}, run.Format)
	require.EqualValues(t, len(small), *run.FileSize)
	require.NotNil(t, run.Sha256)
	require.NotNil(t, run.SourceGeneration)
	require.EqualValues(t, 1, run.Revision)
}

func TestStartWithASystemWideDefinition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.defineFor(prefixid.System, readings()))
	require.Equal(t, prefixid.System, run.DefinitionOrganizationID)
	w.run(run.ID)
	require.Equal(t, definition.ImportCompleted, w.get(run.ID).Status)
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	history, id := w.upload(small), w.define(readings())
	yearly := w.define(definition.Version{
		Columns: []definition.Column{{Name: "reading", Type: definition.TypeNumber}},
		Outputs: []definition.Output{{Key: "total", Aggregate: definition.Sum, Column: "reading"}},
	})
	archived := w.define(readings())
	foreign := w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) { c.SetGroupID(w.otherGroup) })
	deleted := w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) {
		c.SetDeletedAt(w.clock.now())
	})
	failure := w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) {
		c.SetStatus(definition.UploadFailure).SetErrorReason("The file has no header.")
	})
	w.system(func(ctx context.Context) {
		c := w.db.Client()
		c.ImportDefinition.UpdateOneID(archived).SetArchivedAt(w.clock.now()).ExecX(ctx)
	})
	other := prefixid.New(prefixid.Organization)
	w.systemFor(other, func(ctx context.Context) {
		w.db.Client().Organization.Create().SetID(other).SetName("Other").SetSlug("other").ExecX(ctx)
	})
	otherDefinition := w.defineFor(other, readings())
	in := func(change ...func(*importer.StartInput)) importer.StartInput {
		input := importer.StartInput{UploadHistoryID: history, ImportDefinitionID: id}
		for _, f := range change {
			f(&input)
		}
		return input
	}
	bad := definition.InvalidRowPolicy("MAYBE")
	zero, two, long := 0, 2, strings.Repeat("ü", 256)
	for name, test := range map[string]struct {
		ctx   context.Context
		in    importer.StartInput
		codes []refusal.Code
		field []string
	}{
		"nobody":   {context.Background(), in(), []refusal.Code{refusal.Forbidden}, nil},
		"a viewer": {w.person(viewer.RoleViewer, w.group), in(), []refusal.Code{refusal.Forbidden}, nil},
		"no group": {w.person(viewer.RoleOwner, ""), in(), []refusal.Code{refusal.GroupRequired}, nil},
		"another's": {
			w.person(viewer.RoleOwner, w.otherGroup), in(),
			[]refusal.Code{refusal.NotFound},
			[]string{"input", "uploadHistoryId"},
		},
		"a foreign history": {
			w.collector(), in(func(in *importer.StartInput) { in.UploadHistoryID = foreign }),
			[]refusal.Code{refusal.NotFound},
			[]string{"input", "uploadHistoryId"},
		},
		"a deleted history": {
			w.collector(), in(func(in *importer.StartInput) { in.UploadHistoryID = deleted }),
			[]refusal.Code{refusal.NotFound},
			[]string{"input", "uploadHistoryId"},
		},
		"no ids at all": {
			w.collector(),
			importer.StartInput{UploadHistoryID: "upl-x", ImportDefinitionID: "x"},
			[]refusal.Code{refusal.NotFound, refusal.NotFound},
			[]string{"input", "uploadHistoryId"},
		},
		"a foreign definition": {
			w.collector(), in(func(in *importer.StartInput) { in.ImportDefinitionID = otherDefinition }),
			[]refusal.Code{refusal.NotFound},
			[]string{"input", "importDefinitionId"},
		},
		"an unknown version": {
			w.collector(), in(func(in *importer.StartInput) { in.Version = &two }),
			[]refusal.Code{refusal.NotFound},
			[]string{"input", "version"},
		},
		"an archived definition": {
			w.collector(), in(func(in *importer.StartInput) { in.ImportDefinitionID = archived }),
			[]refusal.Code{refusal.DefinitionArchived},
			[]string{"input", "importDefinitionId"},
		},
		"a failed upload": {
			w.collector(), in(func(in *importer.StartInput) { in.UploadHistoryID = failure }),
			[]refusal.Code{refusal.UploadFailed},
			[]string{"input", "uploadHistoryId"},
		},
		"no year": {
			w.collector(), in(func(in *importer.StartInput) { in.ImportDefinitionID = yearly }),
			[]refusal.Code{refusal.YearRequired},
			[]string{"input", "year"},
		},
		"a year that is none": {
			w.collector(), in(func(in *importer.StartInput) { in.Year = &zero }),
			[]refusal.Code{refusal.InvalidInput},
			[]string{"input", "year"},
		},
		"a policy that is none": {
			w.collector(), in(func(in *importer.StartInput) { in.OnInvalidRow = &bad }),
			[]refusal.Code{refusal.InvalidInput},
			[]string{"input", "onInvalidRow"},
		},
		"a long key": {
			w.collector(), in(func(in *importer.StartInput) { in.IdempotencyKey = &long }),
			[]refusal.Code{refusal.InvalidInput},
			[]string{"input", "idempotencyKey"},
		},
		"a mapping that makes no sense": {
			w.collector(), in(func(in *importer.StartInput) {
				in.ColumnMapping = []definition.ColumnMapping{
					{Column: "site", Header: "a"}, {Column: "site", Header: "b"}, {Column: "nothing", Header: "c"},
				}
			}),
			[]refusal.Code{refusal.MappingInvalid, refusal.MappingInvalid},
			[]string{"input", "columnMapping", "1", "column"},
		},
		"a format that makes no sense": {
			w.collector(), in(func(in *importer.StartInput) {
				in.Format = &definition.Format{Delimiter: ",,", TimeZone: "Nowhere"}
			}),
			[]refusal.Code{refusal.InvalidInput, refusal.InvalidInput},
			[]string{"input", "format", "delimiter"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Start(test.ctx, test.in)
			errs := refused(t, err, test.codes...)
			require.Equal(t, test.field, errs[0].Field)
		})
	}
	require.Zero(t, w.imports())
	require.Empty(t, w.queue.ids())
}

func TestStartIsUndoneWithItsJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queue.err = context.DeadlineExceeded
	_, err := w.Start(w.collector(), importer.StartInput{
		UploadHistoryID: w.upload(small), ImportDefinitionID: w.define(readings()),
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, w.imports())
}

func TestAHundredStartsWithOneKeyAreOneImport(t *testing.T) {
	t.Parallel()
	testdb.Each(t, aHundredStarts)
}

func aHundredStarts(t *testing.T, db *database.DB) {
	t.Helper()
	w := newWorldOn(t, db)
	key := " a key "
	in := importer.StartInput{
		UploadHistoryID: w.upload(small), ImportDefinitionID: w.define(readings()), IdempotencyKey: &key,
	}
	const starts = 100
	ids := make([]string, starts)
	errs := make([]error, starts)
	var all sync.WaitGroup
	for n := range starts {
		all.Go(func() {
			run, err := w.Start(w.collector(), in)
			errs[n] = err
			if err == nil {
				ids[n] = run.ID
			}
		})
	}
	all.Wait()
	for n := range starts {
		require.NoError(t, errs[n])
		require.Equal(t, ids[0], ids[n])
	}
	require.Equal(t, 1, w.imports())
	require.Equal(t, []string{ids[0]}, w.queue.ids())
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, blank, year := "key", "  ", 2024
	in := importer.StartInput{
		UploadHistoryID: w.upload(small), ImportDefinitionID: w.define(readings()), IdempotencyKey: &key,
		ColumnMapping: []definition.ColumnMapping{{Column: "site", Header: "site"}, {Column: "date", Header: "date"}},
	}
	first, err := w.Start(w.collector(), in)
	require.NoError(t, err)

	// The same said otherwise is the same, also when the import has ended and its definition is archived.
	w.run(first.ID)
	w.system(func(ctx context.Context) {
		w.db.Client().ImportDefinition.Update().SetArchivedAt(w.clock.now()).ExecX(ctx)
	})
	same := in
	same.Format = &definition.Format{}
	same.ColumnMapping = []definition.ColumnMapping{{Column: " date", Header: "date"}, {Column: "site", Header: "site "}}
	again, err := w.Start(w.collector(), same)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, definition.ImportCompleted, again.Status)

	other := in
	other.Year = &year
	_, err = w.Start(w.collector(), other)
	refused(t, err, refusal.IdempotencyKeyReused)
	_, err = w.Start(w.person(viewer.RoleCollector, w.otherGroup), in)
	refused(t, err, refusal.NotFound)

	w.system(func(ctx context.Context) { w.db.Client().ImportDefinition.Update().ClearArchivedAt().ExecX(ctx) })
	none := in
	none.IdempotencyKey = &blank
	one, err := w.Start(w.collector(), none)
	require.NoError(t, err)
	two, err := w.Start(w.collector(), none)
	require.NoError(t, err)
	require.NotEqual(t, one.ID, two.ID)

	// Keys are counted by mutation.
	_, err = w.Cancel(w.collector(), one.ID, nil)
	require.NoError(t, err)
	_, err = w.Cancel(w.collector(), two.ID, nil)
	require.NoError(t, err)
	retried, err := w.Retry(w.collector(), one.ID, &key)
	require.NoError(t, err)
	repeated, err := w.Retry(w.collector(), one.ID, &key)
	require.NoError(t, err)
	require.Equal(t, retried.ID, repeated.ID)
	_, err = w.Retry(w.collector(), two.ID, &key)
	refused(t, err, refusal.IdempotencyKeyReused)
}

func TestRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	year := 2024
	old := w.imported(broken, readings(), func(in *importer.StartInput) {
		in.Year = &year
		in.ColumnMapping = []definition.ColumnMapping{{Column: "site", Header: "site"}}
		in.Format = &definition.Format{Delimiter: ","}
	})
	failed(t, old, definition.ErrorInvalidRows)
	run, err := w.Retry(w.collector(), old.ID, nil)
	require.NoError(t, err)
	require.Equal(t, old.ID, *run.RetryOfID)
	require.Equal(t, old.UploadHistoryID, run.UploadHistoryID)
	require.Equal(t, old.DefinitionVersionID, run.DefinitionVersionID)
	require.Equal(t, old.RequestedMapping, run.RequestedMapping)
	require.Equal(t, old.Format, run.Format)
	require.Equal(t, old.OnInvalidRow, run.OnInvalidRow)
	require.Equal(t, old.Year, run.Year)
	require.Equal(t, definition.ImportPending, run.Status)
	require.Contains(t, w.queue.ids(), run.ID)

	_, err = w.Retry(w.collector(), run.ID, nil)
	refused(t, err, refusal.InvalidTransition)
	_, err = w.Retry(w.person(viewer.RoleOwner, w.otherGroup), old.ID, nil)
	refused(t, err, refusal.NotFound)
	_, err = w.Retry(w.collector(), prefixid.New(prefixid.Import), nil)
	refused(t, err, refusal.NotFound)
	_, err = w.Retry(w.person(viewer.RoleViewer, w.group), old.ID, nil)
	refused(t, err, refusal.Forbidden)
}

func TestCancelBeforeTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	reason := " not this file "
	canceled, err := w.Cancel(w.person(viewer.RoleCollector, w.otherGroup), run.ID, &reason)
	require.NoError(t, err)
	require.Equal(t, definition.ImportCanceled, canceled.Status)
	require.Equal(t, "not this file", *canceled.CancelReason)
	require.Equal(t, w.user, *canceled.CanceledByID)
	require.Equal(t, w.clock.now(), canceled.CancelRequestedAt.UTC())
	require.Equal(t, w.clock.now(), canceled.ProcessedAt.UTC())

	w.run(run.ID)
	require.Equal(t, canceled.Revision, w.get(run.ID).Revision)
	require.Empty(t, w.results(run.ID))
	_, err = w.Cancel(w.collector(), run.ID, nil)
	refused(t, err, refusal.InvalidTransition)
}

func TestCancelRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	long, hidden := strings.Repeat("x", 256), "a\x00b"
	for name, test := range map[string]struct {
		ctx    context.Context
		id     string
		reason *string
		code   refusal.Code
	}{
		"a viewer":        {w.person(viewer.RoleViewer, w.group), run.ID, nil, refusal.Forbidden},
		"an unknown id":   {w.collector(), prefixid.New(prefixid.Import), nil, refusal.NotFound},
		"another type":    {w.collector(), w.org, nil, refusal.NotFound},
		"a long reason":   {w.collector(), run.ID, &long, refusal.InvalidInput},
		"a hidden reason": {w.collector(), run.ID, &hidden, refusal.InvalidInput},
		"another organization": {
			viewer.NewContext(context.Background(), viewer.Viewer{
				UserID: w.user, OrganizationID: prefixid.System, GroupID: w.group, Role: viewer.RoleOwner,
			}), run.ID, nil, refusal.NotFound,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Cancel(test.ctx, test.id, test.reason)
			refused(t, err, test.code)
		})
	}
	require.Equal(t, definition.ImportPending, w.get(run.ID).Status)
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := importer.New(importer.Config{Worker: strings.Repeat("w", 129), Lease: 1, Parallelism: -1})
	for _, field := range []string{"DB", "Bucket", "Queue", "Bus", "Worker", "Lease", "Parallelism"} {
		require.ErrorContains(t, err, field)
	}
}

func TestAnImportCanBeRetriedMoreThanOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported("site,date,reading\nA,2024-01-01,bad\n", readings())
	failed(t, run, definition.ErrorInvalidRows)
	for range 2 {
		again, err := w.Retry(w.person(viewer.RoleCollector, w.group), run.ID, nil)
		require.NoError(t, err)
		require.Equal(t, run.ID, *again.RetryOfID)
	}
}
