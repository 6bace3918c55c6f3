package importer_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"entrepot/bench/data"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/importer"
	"entrepot/processor"
	"entrepot/refusal"
	"entrepot/viewer"
)

func (w *world) preview(history, definitionID string, change ...func(*importer.PreviewInput)) *importer.Preview {
	w.t.Helper()
	in := importer.PreviewInput{UploadHistoryID: history, ImportDefinitionID: &definitionID}
	for _, f := range change {
		f(&in)
	}
	p, err := w.Preview(w.collector(), in)
	require.NoError(w.t, err)
	return p
}

// asText writes results as world.results does.
func asText(results []processor.Result) (all []string) {
	for _, r := range results {
		all = append(all, strings.Join([]string{
			*r.SiteKey, string(r.PeriodUnit), itoa(r.Year), itoa(r.Period), string(r.ProcessedData), itoa(int(r.RowsProcessed)),
		}, " "))
	}
	return all
}

// A thousand rows of every kind of file, some of them bad, come to the same in a preview and in an import.
func TestAPreviewIsWhatTheImportOfTheSameRowsComesTo(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"Site", "date", "Reading", "note"}}
	for i := range 1000 {
		row := []string{
			fmt.Sprintf("Site %d", i%7), fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+i%28), fmt.Sprintf("%d.25", 10+i), "n",
		}
		switch i % 100 {
		case 11:
			row[1] = "never"
		case 12:
			row[2] = "x"
		case 13:
			row[0] = ""
		}
		rows = append(rows, row)
	}
	utf8 := encoding.Nop
	for name, test := range map[string]struct {
		write  writeAs
		change func(*definition.Version)
	}{
		"CSV":        {delimited(",", `"`, "\n", ".", utf8, ""), skip},
		"CSV, FAIL":  {delimited(",", `"`, "\n", ".", utf8, ""), func(*definition.Version) {}},
		"gzip":       {packed(delimited(",", `"`, "\n", ".", utf8, "")), skip},
		"workbook":   {workbook, skip},
		"JSON Lines": {jsonLines, skip},
		"decimals":   {delimited(";", `"`, "\r\n", ",", utf8, ""), skip},
		"Windows-1254": {delimited(";", `"`, "\n", ",", charmap.Windows1254, ""), func(v *definition.Version) {
			skip(v)
			v.Format.Locale = "tr"
		}},
		"unknown site": {delimited(",", `"`, "\n", ".", utf8, ""), func(v *definition.Version) {
			skip(v)
			v.OnUnknownSite = definition.UnknownSiteReject
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			known := w.site("s1", "SITE 1")
			content := test.write(t, rows)
			history, id := w.upload(content), w.define(readings(test.change))
			before := w.folderContent()
			p := w.preview(history, id)
			require.Equal(t, before, w.folderContent(), "a preview leaves nothing in the bucket")
			require.Zero(t, w.imports())
			require.Empty(t, w.queue.ids())

			started := w.start(history, id)
			w.run(started.ID)
			run := w.get(started.ID)
			require.Equal(t, w.results(run.ID), asText(p.Results))
			require.Equal(t, run.ProcessedRowCount, p.Sampled)
			require.EqualValues(t, 1000, p.Sampled)
			require.Len(t, p.Rows, 1000)
			require.Equal(t, run.Warnings, p.Warnings)
			require.Empty(t, p.Problems)
			require.Empty(t, p.MissingRequired)
			var mapping []definition.ColumnMapping
			for _, m := range p.Columns {
				mapping = append(mapping, definition.ColumnMapping{Column: m.Column, Header: m.Header})
				require.Greater(t, m.Score, 0.9, m)
				require.NotEmpty(t, m.Reason)
			}
			require.Equal(t, run.ColumnMapping, mapping)
			errs := w.rowErrors(run.ID)
			require.NotEmpty(t, errs)
			require.Len(t, p.Errors, len(errs))
			for i, e := range p.Errors {
				require.Equal(t, errs[i].Row, e.Row)
				require.Equal(t, errs[i].Code, e.Code)
				require.Equal(t, errs[i].Message, e.Message)
				require.Equal(t, *errs[i].Value, e.Value)
			}
			accepted := int64(0)
			for _, s := range p.Sites {
				accepted += s.Rows
				require.Equal(t, s.SiteKey == "s1", s.SiteID == known, s)
			}
			require.Equal(t, run.AcceptedRowCount, accepted)
			require.EqualValues(t, 1, p.Rows[0].Row)
			reading := `10.25`
			if name == "workbook" {
				reading = `5.125`
			}
			require.JSONEq(t, `{"site": "Site 0", "date": "2024-01-01", "reading": `+reading+`}`, string(p.Rows[0].Values))
			require.Contains(t, string(p.Rows[12].Values), `"reading":null`)
		})
	}
}

// folderContent is every file of the bucket with its size.
func (w *world) folderContent() (all []string) {
	w.t.Helper()
	require.NoError(w.t, filepath.WalkDir(w.folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			require.NoError(w.t, err)
			all = append(all, path+" "+strconv.FormatInt(info.Size(), 10))
		}
		return err
	}))
	return all
}

func TestAPreviewReadsNoMoreOfAFileThanItNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.large(30_000_000)
	id := w.define(readings())
	p := w.preview(w.upload(small), id)
	require.EqualValues(t, 1000, p.Sampled)
	require.Len(t, p.Results, 1000)
	require.Less(t, read.Load(), int64(2<<20))
	few := 3
	p = w.preview(w.upload(small), id, func(in *importer.PreviewInput) { in.SampleRows = &few })
	require.EqualValues(t, 3, p.Sampled)
	require.Len(t, p.Rows, 3)
	require.Len(t, p.Results, 3)

	// Rows may be as large as a row may be: what is shown of them is bounded all the same.
	w.WrapSource(func(io.Reader) io.Reader {
		row := "A,2024-01-01,1," + strings.Repeat(strings.Repeat("x", 30_000)+",", 30) + "\n"
		return io.MultiReader(strings.NewReader("site,date,reading"+strings.Repeat(",n", 31)+"\n"),
			strings.NewReader(strings.Repeat(row, 100)))
	})
	p = w.preview(w.upload(small), w.define(readings()))
	require.Empty(t, p.Problems)
	require.Positive(t, p.Sampled)
	require.Less(t, p.Sampled, int64(10))
}

// large has every file be one of that many rows, and counts what is read of it.
func (w *world) large(rows int) *atomic.Int64 {
	read := new(atomic.Int64)
	w.WrapSource(func(io.Reader) io.Reader {
		r, pipe := io.Pipe()
		w.t.Cleanup(func() { _ = r.Close() })
		go func() { pipe.CloseWithError(data.Write(pipe, rows)) }()
		return counting{r, read}
	})
	return read
}

type counting struct {
	io.Reader
	read *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// BenchmarkPreview1GiB previews the first 1,000 rows of a CSV file of 1 GiB in the local bucket, the rest of which is a
// hole: at most 1 s.
func BenchmarkPreview1GiB(b *testing.B) {
	w := newWorld(b)
	var rows strings.Builder
	require.NoError(b, data.Write(&rows, 20_000))
	path := w.put([]byte(rows.String()))
	require.NoError(b, filepath.WalkDir(w.folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if info, err := entry.Info(); err == nil && info.Size() == int64(rows.Len()) {
				return os.Truncate(path, 1<<30)
			}
		}
		return err
	}))
	history := w.history(path, nil, func(c *ent.ReviewUploadHistoryCreate) { c.SetFileSize(1 << 30) })
	id := w.define(readings())
	for b.Loop() {
		p := w.preview(history, id)
		require.EqualValues(b, 1000, p.Sampled)
		require.Empty(b, p.Problems)
	}
	require.Less(b, b.Elapsed()/time.Duration(b.N), time.Second)
}

func TestAPreviewIsRefusedForWhatAPersonCanPutRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, history := w.define(readings()), w.upload(small)
	yearly := w.define(definition.Version{
		Columns: []definition.Column{{Name: "reading", Type: definition.TypeNumber}},
		Outputs: []definition.Output{{Key: "n", Aggregate: definition.Sum, Column: "reading"}},
	})
	draft := readings()
	none, many, year := 0, 1001, 0
	type change = func(*importer.PreviewInput)
	gone := []definition.Output{{Key: "t", Aggregate: definition.Sum, Column: "gone"}}
	for name, test := range map[string]struct {
		ctx    context.Context
		change change
		code   refusal.Code
		field  string
	}{
		"a viewer":      {w.person(viewer.RoleViewer, w.group), nil, refusal.Forbidden, ""},
		"no group":      {w.person(viewer.RoleCollector, ""), nil, refusal.GroupRequired, ""},
		"another group": {w.person(viewer.RoleCollector, w.otherGroup), nil, refusal.NotFound, "uploadHistoryId"},
		"no history": {
			nil, func(in *importer.PreviewInput) { in.UploadHistoryID = "upl-1" }, refusal.NotFound, "uploadHistoryId",
		},
		"no definition": {
			nil, func(in *importer.PreviewInput) { in.ImportDefinitionID = new(string) },
			refusal.NotFound, "importDefinitionId",
		},
		"no version": {nil, func(in *importer.PreviewInput) { in.Version = &many }, refusal.NotFound, "version"},
		"neither": {
			nil, func(in *importer.PreviewInput) { in.ImportDefinitionID = nil }, refusal.InvalidInput, "draft",
		},
		"both":          {nil, func(in *importer.PreviewInput) { in.Draft = &draft }, refusal.InvalidInput, "draft"},
		"no rows":       {nil, func(in *importer.PreviewInput) { in.SampleRows = &none }, refusal.InvalidInput, "sampleRows"},
		"too many rows": {nil, func(in *importer.PreviewInput) { in.SampleRows = &many }, refusal.InvalidInput, "sampleRows"},
		"no such year":  {nil, func(in *importer.PreviewInput) { in.Year = &year }, refusal.InvalidInput, "year"},
		"no year": {
			nil, func(in *importer.PreviewInput) { in.ImportDefinitionID = &yearly }, refusal.YearRequired, "year",
		},
		"wrong mapping": {nil, func(in *importer.PreviewInput) {
			in.ColumnMapping = []definition.ColumnMapping{{Column: "x", Header: "y"}}
		}, refusal.MappingInvalid, "columnMapping 0 column"},
		"wrong format": {nil, func(in *importer.PreviewInput) {
			in.Format = &definition.Format{Locale: "xx"}
		}, refusal.InvalidInput, "format locale"},
		"a wrong draft": {nil, func(in *importer.PreviewInput) {
			in.ImportDefinitionID, in.Draft = nil, &definition.Version{Columns: draft.Columns, Outputs: gone}
		}, refusal.DefinitionInvalid, "draft outputSchema 0 column"},
		"draft, version": {nil, func(in *importer.PreviewInput) {
			in.ImportDefinitionID, in.Draft, in.Version = nil, &draft, &many
		}, refusal.InvalidInput, "version"},
	} {
		in := importer.PreviewInput{UploadHistoryID: history, ImportDefinitionID: &id}
		if test.change != nil {
			test.change(&in)
		}
		if test.ctx == nil {
			test.ctx = w.collector()
		}
		_, err := w.Preview(test.ctx, in)
		errs := refused(t, err, test.code)
		if test.field != "" {
			require.Equal(t, refusal.Input(strings.Fields(test.field)...), errs[0].Field, name)
		}
	}
}

func TestAPreviewTellsWhyAnImportWouldFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		content string
		change  func(*importer.PreviewInput)
		code    refusal.Code
		message string
		missing []string
		found   int
	}{
		"a column missing": {
			"site,day,reading\nA,2024-01-01,1\n", nil, refusal.MappingInvalid,
			"Column 'date' is not in the file; it has: site, day, reading.",
			[]string{"date"},
			2,
		},
		"a header mapped that is not there": {
			small, func(in *importer.PreviewInput) {
				in.ColumnMapping = []definition.ColumnMapping{{Column: "date", Header: "day"}}
			}, refusal.MappingInvalid,
			"Column 'date' is mapped to 'day', which is not in the file; it has: site, date, reading.",
			[]string{"site", "date", "reading"},
			0,
		},
		"not the kind that it is said to be": {
			small, func(in *importer.PreviewInput) { in.Format = &definition.Format{Kind: definition.KindXLSX} },
			refusal.UploadFailed, "", nil, 0,
		},
		"nothing in it":    {"", nil, refusal.UploadFailed, "", nil, 0},
		"no rows":          {"site,date,reading\n", nil, refusal.UploadFailed, "The file has a header and no rows below it.", nil, 3},
		"nothing is wrong": {small, nil, "", "", nil, 3},
	} {
		change := test.change
		if change == nil {
			change = func(*importer.PreviewInput) {}
		}
		p := w.preview(w.upload(test.content), w.define(readings()), change)
		if test.code == "" {
			require.Empty(t, p.Problems, name)
			continue
		}
		require.Len(t, p.Problems, 1, name)
		require.Equal(t, test.code, p.Problems[0].Code, name)
		require.Empty(t, p.Results)
		if test.message != "" {
			require.Equal(t, test.message, p.Problems[0].Message, name)
		}
		require.Equal(t, test.missing, p.MissingRequired, name)
		require.Len(t, p.Columns, test.found, name)
		require.Equal(t, "errorCode", p.Problems[0].Params[0].Name)
	}
	gone := w.history(w.bucket.Path(w.org+"/"+w.group+"/gone"), nil)
	p := w.preview(gone, w.define(readings()))
	require.Equal(t, refusal.UploadFailed, p.Problems[0].Code)
	require.Nil(t, p.Detected)
	elsewhere := w.history(w.bucket.Path(w.org+"/"+w.otherGroup+"/x"), nil)
	require.Equal(t, p.Problems, w.preview(elsewhere, w.define(readings())).Problems)
}

func TestADraftIsPreviewedAndNothingOfItIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft := readings(skip)
	skipping := definition.InvalidRowFail
	in := importer.PreviewInput{
		UploadHistoryID: w.upload(small + "A,never,1\n"), Draft: &draft,
		ColumnMapping: []definition.ColumnMapping{{Column: "reading", Header: " reading "}},
	}
	p, err := w.Preview(w.collector(), in)
	require.NoError(t, err)
	require.NotEmpty(t, p.Results)
	require.Len(t, p.Errors, 1)
	require.Equal(t, "as given", p.Columns[2].Reason)
	in.OnInvalidRow = &skipping
	failing, err := w.Preview(w.collector(), in)
	require.NoError(t, err)
	require.Empty(t, failing.Results, "such an import would have none")
	require.Equal(t, p.Sites, failing.Sites)
	w.system(func(ctx context.Context) { require.Zero(t, w.db.Client().ImportDefinition.Query().CountX(ctx)) })
}

// blanks is a file that never ends, and says when it is read.
type blanks struct {
	reading chan<- struct{}
	begun   bool
}

func (e *blanks) Read(p []byte) (int, error) {
	if !e.begun {
		e.begun = true
		e.reading <- struct{}{}
		return copy(p, "site,date,reading\n"), nil
	}
	time.Sleep(time.Millisecond)
	return copy(p, strings.Repeat(strings.Repeat(" ", 999)+"\n", 100)), nil // blank rows
}

func TestAnOrganizationHasTwoPreviewsAtATimeAndEachEndsInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, history := w.define(readings()), w.upload(small)
	reading := make(chan struct{}, 3)
	w.WrapSource(func(io.Reader) io.Reader { return &blanks{reading: reading} })
	ctx, leave := context.WithCancel(w.collector())
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := w.Preview(ctx, importer.PreviewInput{UploadHistoryID: history, ImportDefinitionID: &id})
			ended <- err
		}()
	}
	<-reading
	<-reading
	_, err := w.Preview(w.collector(), importer.PreviewInput{UploadHistoryID: history, ImportDefinitionID: &id})
	require.ErrorIs(t, err, importer.ErrBusy)
	leave() // the clients go
	require.ErrorIs(t, <-ended, context.Canceled)
	require.ErrorIs(t, <-ended, context.Canceled)

	w.PreviewTime(200 * time.Millisecond)
	endless := scripted("for (;;);") // which is stopped before its own time is over
	draft, err := w.Preview(w.collector(), importer.PreviewInput{UploadHistoryID: history, Draft: &endless})
	require.NoError(t, err)
	require.Equal(t, refusal.LimitReached, draft.Problems[0].Code)
	p := w.preview(history, id)
	require.Equal(t, refusal.LimitReached, p.Problems[0].Code)
	require.Contains(t, p.Problems[0].Message, "longer than 0.2 seconds")
	require.NotNil(t, p.Detected)
}
