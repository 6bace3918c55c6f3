package importer_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/storage"
)

// sql runs the statement for this kind of database, past all rules.
func (w *world) sql(sqlite, postgres string) {
	w.t.Helper()
	statement := sqlite
	if w.db.Dialect() == dialect.Postgres {
		statement = postgres
	}
	_, err := testdb.Raw(w.t, w.db).ExecContext(context.Background(), statement)
	require.NoError(w.t, err)
}

func (w *world) refuseWrites() {
	w.sql("PRAGMA query_only = on", "REVOKE UPDATE ON imports FROM entrepot_app")
}

func (w *world) takeWrites() {
	w.sql("PRAGMA query_only = off", "GRANT UPDATE ON imports TO entrepot_app")
}

func (w *world) remove(path string) {
	w.t.Helper()
	key, ok := w.bucket.Key(path)
	require.True(w.t, ok)
	require.NoError(w.t, w.bucket.Delete(context.Background(), key))
}

func TestAFileThatIsNotThereOrNotTheirsIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.define(readings())
	gone := w.put([]byte(small))
	history := w.history(gone, []byte(small))
	w.remove(gone)

	key := w.org + "/" + w.otherGroup + "/theirs"
	writer, err := w.bucket.NewWriter(context.Background(), key)
	require.NoError(t, err)
	_, err = io.WriteString(writer, small)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	foreign := w.history(w.bucket.Path(key), nil)
	elsewhere := w.history("gs://elsewhere/"+w.org+"/"+w.group+"/file", nil)

	var sentences []string
	for _, h := range []string{history, foreign, elsewhere} {
		run := w.start(h, id)
		w.run(run.ID)
		sentences = append(sentences, failed(t, w.get(run.ID), definition.ErrorFileMissing))
	}
	require.Equal(t, sentences[0], sentences[1])
	require.Equal(t, sentences[0], sentences[2])
}

func TestUploadsWhoseCheckFailsWhileTheImportWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.define(readings())
	gone := w.put([]byte(small))
	w.remove(gone)
	size := int64(len(small))
	for name, test := range map[string]struct {
		path, reason string
		checked      bool
		size         *int64
		code         definition.ImportErrorCode
		sentence     string
	}{
		"absent": {gone, "There is no file.", true, nil, definition.ErrorFileMissing, "upload it again"},
		"failed in the app": {
			w.put([]byte(small)), "connection lost", false, nil, definition.ErrorFileMissing, "upload it again",
		},
		"without a header": {w.put(nil), "The file is empty.", true, new(int64), definition.ErrorNoHeader, ""},
		"of another size": {
			w.put([]byte(small)), "The file has 9 bytes.", true, &size,
			definition.ErrorFileUnreadable, "the file has 9 bytes",
		},
		"bucket out of order": {
			w.put([]byte(small)), "The storage could not be reached.", true, nil,
			definition.ErrorStorageUnavailable, "the storage",
		},
	} {
		t.Run(name, func(t *testing.T) {
			history := w.history(test.path, nil, func(c *ent.ReviewUploadHistoryCreate) {
				c.SetStatus(definition.UploadNotyet).SetUniquePath(name).Mutation().ResetValidatedAt()
			})
			run := w.start(history, id)
			number, _ := prefixid.Number(prefixid.UploadHistory, history)
			w.system(func(ctx context.Context) {
				update := w.db.Client().ReviewUploadHistory.UpdateOneID(number).SetStatus(definition.UploadFailure).
					SetErrorReason(test.reason).SetNillableFileSize(test.size)
				if test.checked {
					update.SetValidatedAt(w.clock.now())
				}
				update.ExecX(ctx)
			})
			w.run(run.ID)
			done := w.get(run.ID)
			require.Contains(t, failed(t, done, test.code), test.sentence)
			require.Nil(t, done.StartedAt)
			require.Zero(t, done.Attempt)
		})
	}
}

func TestAFileThatChangedIsNotRead(t *testing.T) {
	t.Parallel()
	t.Run("another object", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		path := w.put([]byte(small))
		run := w.start(w.history(path, []byte(small)), w.define(readings()))
		w.remove(path)
		key, _ := w.bucket.Key(path)
		writer, err := w.bucket.NewWriter(context.Background(), key)
		require.NoError(t, err)
		_, err = io.WriteString(writer, small)
		require.NoError(t, err)
		require.NoError(t, writer.Close())
		w.run(run.ID)
		failed(t, w.get(run.ID), definition.ErrorSourceChanged)
	})
	t.Run("another hash", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		path := w.put([]byte(small))
		run := w.start(w.history(path, nil, func(c *ent.ReviewUploadHistoryCreate) {
			c.SetSha256(strings.Repeat("0", 64))
		}), w.define(readings()))
		w.run(run.ID)
		done := w.get(run.ID)
		failed(t, done, definition.ErrorSourceChanged)
		require.Empty(t, w.results(run.ID))
	})
	t.Run("cut while it is read", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		long := small + strings.Repeat("A,2024-01-03,1\n", 100_000)
		run := w.start(w.upload(long), w.define(readings()))
		w.WrapSource(func(r io.Reader) io.Reader {
			// The object is open, its size and generation are compared. Its time stays, so only reading tells.
			name := w.fileOf(int64(len(long)))
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(name, 1000))
			require.NoError(t, os.Chtimes(name, info.ModTime(), info.ModTime()))
			return r
		})
		w.run(run.ID)
		failed(t, w.get(run.ID), definition.ErrorSourceChanged)
	})
}

// fileOf is the file of the one object of that size.
func (w *world) fileOf(size int64) (name string) {
	w.t.Helper()
	require.NoError(w.t, filepath.WalkDir(w.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() == size {
			name = path
		}
		return err
	}))
	require.NotEmpty(w.t, name)
	return name
}

func TestABucketThatCannotBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	require.NoError(t, w.bucket.Close())
	w.run(run.ID)
	failed(t, w.get(run.ID), definition.ErrorStorageUnavailable)
	require.Contains(t, w.log.String(), run.ID)
}

func TestSetAsideRowsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(broken), w.define(readings(skip)))
	w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, func() { _ = w.bucket.Close() }} })
	w.run(run.ID)
	failed(t, w.get(run.ID), definition.ErrorStorageUnavailable)
	require.Empty(t, w.results(run.ID))
}

func TestAPanicIsAnInternalFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, func() { panic("secret of the server") }} })
	w.run(run.ID)
	done := w.get(run.ID)
	sentence := failed(t, done, definition.ErrorInternal)
	require.NotContains(t, sentence, "secret")
	require.Len(t, done.ErrorParams, 1)
	require.Contains(t, sentence, done.ErrorParams[0].Value)
	require.Contains(t, w.log.String(), done.ErrorParams[0].Value)
	require.Contains(t, w.log.String(), "secret of the server")
	require.Zero(t, w.leases())
}

func TestAResultThatTheDatabaseRefusesIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sql(`CREATE TRIGGER no_such_site BEFORE INSERT ON import_results WHEN NEW.site_key = 'site-0567' AND NEW.period = 3
		BEGIN SELECT RAISE(ABORT, 'no_such_site: refused'); END`,
		`CREATE TRIGGER no_such_site BEFORE INSERT ON import_results FOR EACH ROW
		WHEN (NEW.site_key = 'site-0567' AND NEW.period = 3) EXECUTE FUNCTION refuse_change('no_such_site', 'refused')`)
	var file strings.Builder
	file.WriteString("site,date,reading\nA,2024-01-01,bad\n")
	for site := range 600 {
		fmt.Fprintf(&file, "site-%04d,2024-02-01,1\nsite-%04d,2024-03-01,1\n", site, site)
	}
	run := w.imported(file.String(), readings(skip))
	sentence := failed(t, run, definition.ErrorConstraintViolation)
	require.Equal(t, "the database refused the result for site 'site-0567' in 2024-03 (total, rows) "+
		"by its rule 'no_such_site'", sentence)
	require.Equal(t, []definition.Param{
		{Name: "constraint", Value: "no_such_site"},
		{Name: "site", Value: "site-0567"},
		{Name: "period", Value: "2024-03"},
		{Name: "outputs", Value: "total, rows"},
	}, run.ErrorParams)
	require.Empty(t, w.results(run.ID))
	require.Len(t, w.rowErrors(run.ID), 1)
	require.EqualValues(t, 1201, run.ProcessedRowCount)
	require.Nil(t, run.RejectedRowsKey)
	require.ErrorIs(t, w.rejectedObject(run.ID, 1), storage.ErrNotFound)
	require.Zero(t, w.leases())
}

func TestRejectedRowsAreSafeInASpreadsheet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := "site;date;reading;=note\n" +
		"A;x;1;=HYPERLINK(\"http://evil\")\n" +
		"A;x;-12,50;+905551234567\n" +
		"A;x;-1e5;-1+1|cmd\n" +
		"A;x;@SUM(A1);\"\tx\"\n" +
		"A;x;1;\"a;\"\"b\"\"\nc\"\n" +
		"A;x;1;=\n" +
		"\"\xff\";2024-01-01;1;n\n" +
		"A;2024-01-01;1;\"open\n"
	run := w.imported(file, readings(skip, func(v *definition.Version) { v.Format.DecimalSeparator = "," }))
	failed(t, run, definition.ErrorNoValidRows)
	lines := strings.Split(w.object(*run.RejectedRowsKey), "\n")
	require.Equal(t, "\uFEFFsite;date;reading;'=note;_row;_line;_error", lines[0])
	for n, want := range []string{
		`A;x;1;"'=HYPERLINK(""http://evil"")";1;2;`,
		`A;x;"-12,50";+905551234567;2;3;`,
		`A;x;-1e5;"'-1+1|cmd";3;4;`,
		`A;x;'@SUM(A1);"'` + "\tx" + `";4;5;`,
		`A;x;1;"a;""b""`,
		`c";5;6;`,
		`A;x;1;'=;6;8;`,
		"\uFFFD;2024-01-01;1;n;7;9;",
	} {
		require.True(t, strings.HasPrefix(lines[n+1], want), "%s\n%s", lines[n+1], want)
	}

	// What was set aside can be corrected and read again by the same format.
	corrected := strings.ReplaceAll(w.object(*run.RejectedRowsKey), ";x;", ";2024-01-01;")
	corrected = strings.ReplaceAll(corrected, "'@SUM(A1)", "7")
	corrected = corrected[:strings.Index(corrected, "\uFFFD")]
	again := w.imported(corrected, readings(func(v *definition.Version) { v.Format.DecimalSeparator = "," }))
	require.Equal(t, definition.ImportCompleted, again.Status, again.Error)
	require.EqualValues(t, 6, again.AcceptedRowCount)
	require.Equal(t, []string{`A MONTHLY 2024 1 {"total":-100002.5,"rows":6} 6`}, w.results(again.ID))
}

func TestRejectedRowsOfRejectedRowsAreNoWider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported("site,date,reading,_row,_line,_error\nA,x,1,7,8,why\n", readings(skip))
	require.True(t, strings.HasPrefix(w.object(*run.RejectedRowsKey),
		"\uFEFFsite,date,reading,_row,_line,_error\nA,x,1,1,2,"))
}

func TestCellsThatCannotBeShownAreSpelledOutAndCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported("site,date,reading\nA,2024-01-01,"+strings.Repeat("\x00", 300)+"\nA,2024-01-01,1\n", readings(skip))
	require.Equal(t, definition.ImportPartiallyCompleted, run.Status, run.Error)
	errs := w.rowErrors(run.ID)
	require.Len(t, errs, 1)
	require.Equal(t, definition.RowNULByte, errs[0].Code)
	require.Equal(t, "reading", *errs[0].Column)
	require.Equal(t, strings.Repeat(`\x00`, 50), *errs[0].Value)
}
