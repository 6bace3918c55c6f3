package upload_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrowerror"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/event"
	"entrepot/prefixid"
	"entrepot/upload"
	"entrepot/viewer"
)

// system is the context of a part of the server that acts for an organization.
func system(t *testing.T, organization string) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.Worker("test", organization))
}

// rowErrors are what is listed of a history for a viewer.
func (h *house) rowErrors(t *testing.T, ctx context.Context, id int64) (found []*ent.ImportRowError) {
	t.Helper()
	require.NoError(t, h.db.Read(ctx, func(ctx context.Context) (err error) {
		found, err = h.db.Client().ImportRowError.Query().Where(importrowerror.UploadHistoryID(id)).
			Order(ent.Asc(importrowerror.FieldPosition)).All(ctx)
		return err
	}))
	return found
}

func TestCheckTellsWhatIsInTheFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const content = "\ufeffSehir;Tarih;Tuketim;Adet;Kod;Acik;Zaman;Bos\r\n" +
		"İzmir;2024-01-31;1.234,5;7;007;evet;2024-01-31 10:00;\r\n" +
		"\r\n" +
		"Ankara;2024-02-29;-3,25;-12;010;hayır;2024-02-29 23:59;\r\n" +
		"Ankara;2024-02-29;3;0;010;HAYIR;2024-02-29 23:59; \r\n"
	stored := h.store(t, asAda(t), h.put(t, asAda(t), "data.csv", content))
	changes := h.bus.Subscribe(org, event.UploadHistory)

	checked := h.check(t, stored)
	require.Equal(t, definition.UploadSuccess, checked.Status)
	require.Nil(t, checked.ErrorReason)
	require.Equal(t, h.now, checked.ValidatedAt.UTC())
	require.Equal(t, int64(len(content)), *checked.FileSize)
	sum := sha256.Sum256([]byte(content))
	require.Equal(t, hex.EncodeToString(sum[:]), *checked.Sha256)
	require.NotZero(t, *checked.Generation)
	require.Equal(t, int64(3), *checked.RowCount)
	require.Equal(t, &definition.DetectedFormat{
		Kind: definition.KindCSV, Encoding: "UTF-8", EncodingConfidence: 1, ByteOrderMark: true,
		Delimiter: ";", Quote: `"`, LineEnding: "CRLF", HeaderRow: 1,
	}, checked.DetectedFormat)
	require.Equal(t, []definition.DetectedColumn{
		{Index: 0, Header: "Sehir", Type: definition.TypeString, Samples: []string{"İzmir", "Ankara"}},
		{Index: 1, Header: "Tarih", Type: definition.TypeDate, Samples: []string{"2024-01-31", "2024-02-29"}},
		{Index: 2, Header: "Tuketim", Type: definition.TypeNumber, Samples: []string{"1.234,5", "-3,25", "3"}},
		{Index: 3, Header: "Adet", Type: definition.TypeInteger, Samples: []string{"7", "-12", "0"}},
		{Index: 4, Header: "Kod", Type: definition.TypeString, Samples: []string{"007", "010"}},
		{Index: 5, Header: "Acik", Type: definition.TypeBoolean, Samples: []string{"evet", "hayır", "HAYIR"}},
		{Index: 6, Header: "Zaman", Type: definition.TypeDateTime, Samples: []string{"2024-01-31 10:00", "2024-02-29 23:59"}},
		{Index: 7, Header: "Bos", Type: definition.TypeString},
	}, checked.Columns)
	require.Equal(t, stored.Revision+2, checked.Revision)
	require.Equal(t, prefixid.FromNumber(prefixid.UploadHistory, stored.ID), changes.Take()[0].ID)

	again := h.check(t, stored)
	require.Equal(t, checked.Revision, again.Revision, "a second job changes nothing")
	require.Empty(t, changes.Take())
}

func TestTypesOfColumns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, c := range []struct {
		cells string
		want  definition.ColumnType
	}{
		{"1 -2 +3", definition.TypeInteger},
		{"0", definition.TypeInteger},
		{"1234567890123456", definition.TypeNumber},
		{strings.Repeat("9", 35), definition.TypeString},
		{"1.5 2 3.25", definition.TypeNumber},
		{"1,5 2 3,25", definition.TypeNumber},
		{"1,5 2.5", definition.TypeString},
		{"1,234.56 1,234,567", definition.TypeNumber},
		{"1.234,56", definition.TypeNumber},
		{"1,23,4", definition.TypeString},
		{"1e5 -2.5E-3", definition.TypeNumber},
		{"1e 2", definition.TypeString},
		{"00.5", definition.TypeString},
		{"- 1", definition.TypeString},
		{"1.", definition.TypeString},
		{"true False TRUE", definition.TypeBoolean},
		{"true 1", definition.TypeString},
		{"31.12.2024 1.2.2024", definition.TypeDate},
		{"12/31/2024 1/2/2024", definition.TypeDate},
		{"31/12/2024 12/31/2024", definition.TypeString},
		{"2024-02-30", definition.TypeString},
		{"2024-02-28T10:00:00Z 2024-02-28T10:00:00+03:00", definition.TypeDateTime},
		{"2024-02-28 2024-02-28T10:00:00", definition.TypeString},
	} {
		content := "id\ta\n"
		for cell := range strings.FieldsSeq(c.cells) {
			content += "x\t" + cell + "\n"
		}
		path := h.write(t, fmt.Sprint("org-one/grp-one/", i), content)
		checked := h.check(t, h.store(t, asAda(t), path))
		require.Equal(t, definition.UploadSuccess, checked.Status, "%s: %v", c.cells, checked.ErrorReason)
		require.Equal(t, c.want, checked.Columns[1].Type, c.cells)
	}
}

func TestSamplesAreCutAndFew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	content := "id,text\n"
	for i := range 10 {
		content += fmt.Sprint(i%5, ",", strings.Repeat("ş", 300), i, "\n")
	}
	checked := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", content)))
	require.Equal(t, []string{"0", "1", "2"}, checked.Columns[0].Samples)
	require.Equal(t, []string{strings.Repeat("ş", 99) + "…"}, checked.Columns[1].Samples)
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checked := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "City,,CITY, ,x\n1,2,3,4,5\n")))
	require.Equal(t, definition.UploadSuccess, checked.Status)
	var codes []definition.WarningCode
	for _, w := range checked.Warnings {
		codes = append(codes, w.Code)
	}
	require.Equal(t, []definition.WarningCode{definition.WarningEmptyHeader, definition.WarningDuplicateHeader}, codes)
	require.Equal(t, "The header has no name over column(s) 2, 4.", checked.Warnings[0].Message)
	require.Equal(t, "The header “City” stands over columns 1, 3.", checked.Warnings[1].Message)

	checked = h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/y", "a;b\n1;2\n1;2\n1;2;3\n")))
	require.Equal(t, definition.WarningDelimiterGuessed, checked.Warnings[0].Code)
	require.Contains(t, checked.Warnings[0].Message, "semicolon")
}

func TestBadRowsAreListedAndNoFailure(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *upload.Config) { c.Limits.MaxRowErrors = 3 })
	content := "city,value\nIzmir,1\nAnkara\nBursa,\xff\n\nVan,\"2\nMuş,3\nUrfa,4,5\n"
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", content))
	checked := h.check(t, stored)
	require.Equal(t, definition.UploadSuccess, checked.Status)
	require.Equal(t, int64(6), *checked.RowCount)

	found := h.rowErrors(t, asAda(t), stored.ID)
	require.Len(t, found, 3)
	require.Equal(t, definition.RowColumnCountMismatch, found[0].Code)
	require.Equal(t, int64(2), found[0].Row)
	require.Equal(t, int64(3), *found[0].Line)
	require.Nil(t, found[0].Column)
	require.Equal(t, definition.RowEncodingInvalid, found[1].Code)
	require.Equal(t, "value", *found[1].Column)
	require.Equal(t, `\xff`, *found[1].Value)
	require.NotContains(t, found[1].Message, "xff")
	require.Equal(t, definition.RowQuoteUnclosed, found[2].Code)
	require.Equal(t, int64(6), *found[2].Line)
	require.Equal(t, group, *found[2].GroupID)

	last := checked.Warnings[len(checked.Warnings)-1]
	require.Equal(t, definition.WarningRowErrorsTruncated, last.Code)
	require.Equal(t, "4 rows cannot be read; the first 3 are listed.", last.Message)

	require.Empty(t, h.rowErrors(t, as(t, bob, org, nextGroup), stored.ID), "another group's")
	require.Empty(t, h.rowErrors(t, as(t, eve, otherOrg, otherGroup), stored.ID))
}

func TestManyRowErrorsAreKeptInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a,b\n1,2\n"+strings.Repeat("1\n", 1700)))
	require.Equal(t, definition.UploadSuccess, h.check(t, stored).Status)
	found := h.rowErrors(t, asAda(t), stored.ID)
	require.Len(t, found, definition.DefaultLimits().MaxRowErrors)
	for i, e := range found {
		require.Equal(t, int64(i+2), e.Row)
	}
}

func TestFilesThatFailTheirCheck(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *upload.Config) { c.Limits.MaxRows, c.Limits.MaxColumns = 5, 10 })
	for name, c := range map[string]struct{ content, reason string }{
		"empty":       {"", "empty"},
		"blank":       {"\n \n,,\n", "empty"},
		"a document":  {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"},
		"rows":        {"a\n1\n2\n3\n4\n5\n6\n", "5"},
		"columns":     {strings.Repeat("a,", 11) + "\n", "10"},
		"broken head": {"a,\"b\n1,2\n", "."},
		"too large":   {"a\n" + strings.Repeat("1234567\n", 1<<17), "1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/"+name, c.content))
			checked := h.check(t, stored)
			require.Equal(t, definition.UploadFailure, checked.Status)
			require.Contains(t, *checked.ErrorReason, c.reason)
			require.LessOrEqual(t, len([]rune(*checked.ErrorReason)), 255)
			require.Regexp(t, `^[A-Z].*\.$`, *checked.ErrorReason)
			require.NotNil(t, checked.ValidatedAt)
			require.Equal(t, int64(len(c.content)), *checked.FileSize)
			require.Nil(t, checked.RowCount)
			require.Empty(t, h.rowErrors(t, asAda(t), stored.ID))
			if name != "too large" {
				sum := sha256.Sum256([]byte(c.content))
				require.Equal(t, hex.EncodeToString(sum[:]), *checked.Sha256, "of the whole file")
			}
		})
	}
}

// The workbook is found by what it is, and its columns by the kinds of their cells.
func TestAWorkbookIsChecked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := newHouse(t, func(c *upload.Config) { c.TempDir = folder })
	book := excelize.NewFile()
	for row, cells := range [][]any{
		{"site", "day", "kWh", "ok", "note"},
		{"A", time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), 1.5, true, "=x"},
		{"B", time.Date(2024, 3, 2, 0, 0, 0, 0, time.UTC), 2, false, 7},
	} {
		require.NoError(t, book.SetSheetRow("Sheet1", "A"+strconv.Itoa(row+1), &cells))
	}
	content, err := book.WriteToBuffer()
	require.NoError(t, err)
	file := content.String()
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/book", file))
	checked := h.check(t, stored)
	require.Equal(t, definition.UploadSuccess, checked.Status, checked.ErrorReason)
	require.Equal(t, definition.KindXLSX, checked.DetectedFormat.Kind)
	require.Equal(t, []string{"Sheet1"}, checked.DetectedFormat.Sheets)
	require.Equal(t, int64(2), *checked.RowCount)
	sum := sha256.Sum256([]byte(file))
	require.Equal(t, hex.EncodeToString(sum[:]), *checked.Sha256)
	var types []definition.ColumnType
	for _, c := range checked.Columns {
		types = append(types, c.Type)
	}
	require.Equal(t, []definition.ColumnType{
		definition.TypeString, definition.TypeDate, definition.TypeNumber, definition.TypeBoolean, definition.TypeString,
	}, types)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
}

// What follows the table in a packed file belongs to its hash.
func TestAPackedFileIsHashedWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte("a,b\n1,2\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/packed", packed.String()))
	checked := h.check(t, stored)
	require.Equal(t, definition.UploadSuccess, checked.Status, checked.ErrorReason)
	require.Equal(t, "gzip", checked.DetectedFormat.Compression)
	sum := sha256.Sum256(packed.Bytes())
	require.Equal(t, hex.EncodeToString(sum[:]), *checked.Sha256)
}

func TestAHeaderAloneIsAFileWithoutRows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checked := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a,b\n")))
	require.Equal(t, definition.UploadSuccess, checked.Status)
	require.Zero(t, *checked.RowCount)
	require.Len(t, checked.Columns, 2)
}

func TestPathsThatAreNotTheGroupsLookLikeAbsentFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(t, "org-one/grp-next/x", "a\n1\n")
	h.write(t, "org-one/grp-oneself/x", "a\n1\n")
	h.write(t, "org-two/grp-two/x", "a\n1\n")
	absent := h.check(t, h.store(t, asAda(t), "gs://local/org-one/grp-one/absent"))
	require.Equal(t, definition.UploadFailure, absent.Status)
	require.NotNil(t, absent.ValidatedAt)
	for _, path := range []string{
		"gs://local/org-one/grp-next/x", "gs://local/org-one/grp-oneself/x", "gs://local/org-two/grp-two/x",
		"gs://local/org-one/grp-one/../grp-next/x", "gs://local/org-one/grp-one/", "gs://local/org-one/grp-one",
		"gs://local//org-one/grp-one/x", "gs://other/org-one/grp-one/x", "/etc/passwd", "file:///etc/passwd", "x",
		"gs://local/ORG-ONE/grp-one/x", "GS://LOCAL/org-one/grp-one/x",
	} {
		checked := h.check(t, h.store(t, asAda(t), path))
		require.Equal(t, definition.UploadFailure, checked.Status, path)
		require.Equal(t, absent.ErrorReason, checked.ErrorReason, path)
		require.NotNil(t, checked.ValidatedAt, path)
		require.Nil(t, checked.FileSize, path)
	}
}

func TestAnotherSizeOrHashThanAnnouncedFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	issued, err := h.Create(asAda(t), upload.CreateInput{FileName: "a.csv", Size: 77})
	require.NoError(t, err)
	key, _ := h.bucket.Key(issued.GCSPath)
	h.write(t, key, "a\n1\n")
	checked := h.check(t, h.store(t, asAda(t), issued.GCSPath))
	require.Equal(t, "The file has 4 bytes, but 77 were announced; upload it again.", *checked.ErrorReason)

	hash := strings.Repeat("ab", 32)
	issued, err = h.Create(asAda(t), upload.CreateInput{FileName: "a.csv", Size: 4, SHA256: &hash})
	require.NoError(t, err)
	key, _ = h.bucket.Key(issued.GCSPath)
	h.write(t, key, "a\n1\n")
	checked = h.check(t, h.store(t, asAda(t), issued.GCSPath))
	require.Contains(t, *checked.ErrorReason, "SHA-256")
	require.Nil(t, checked.RowCount)
}

func TestAnUploadThatFailedInTheClientIsNotFetched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.write(t, "org-one/grp-one/x", "a\n1\n")
	stored, err := h.Store(asAda(t), upload.StoreInput{
		FileName: "a.csv", GCSPath: path, ErrorReason: pointer("line\nbroke"),
	})
	require.NoError(t, err)
	require.NoError(t, h.bucket.Close()) // asking it would be an error
	changes := h.bus.Subscribe(org, event.UploadHistory)
	checked := h.check(t, stored)
	require.Equal(t, definition.UploadFailure, checked.Status)
	require.Equal(t, "line\nbroke", *checked.ErrorReason)
	require.Nil(t, checked.ValidatedAt)
	require.Nil(t, checked.FileSize)
	require.Equal(t, stored.Revision+1, checked.Revision)
	require.Len(t, changes.Take(), 1)
}

func TestAKilledCheckGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	require.NoError(t, h.db.Do(system(t, stored.OrganizationID), "kill", func(ctx context.Context) error {
		return h.db.Client().ReviewUploadHistory.Update().Where(reviewuploadhistory.ID(stored.ID)).
			SetStatus(definition.UploadProcessing).Exec(ctx)
	}))
	require.Equal(t, definition.UploadSuccess, h.check(t, stored).Status)
}

func TestChecksOfOneHistoryAtOnceEndItOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a,b\n1,2\n1\n1\n"))
	imp := h.pendingImport(t, stored)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = h.Check(t.Context(), org, stored.ID) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, h.rowErrors(t, asAda(t), stored.ID), 2)
	require.Equal(t, []string{org + " " + imp}, h.jobs.imports)
	require.Equal(t, stored.Revision+2, h.read(t, stored.ID).Revision)
}

// pendingImport makes an import that waits for the history's check.
func (h *house) pendingImport(t *testing.T, of *ent.ReviewUploadHistory) (id string) {
	t.Helper()
	require.NoError(t, h.db.Do(system(t, of.OrganizationID), "import", func(ctx context.Context) error {
		c := h.db.Client()
		d := c.ImportDefinition.Create().SetOrganizationID(of.OrganizationID).SetName("sums").
			SetInputSchema(nil).SetOutputSchema(nil).SetFormat(definition.Format{}).SaveX(ctx)
		v := c.ImportDefinitionVersion.Create().SetOrganizationID(of.OrganizationID).SetImportDefinitionID(d.ID).SetNumber(1).
			SetInputSchema(nil).SetOutputSchema(nil).SetFormat(definition.Format{}).SaveX(ctx)
		id = c.ImportRun.Create().SetOrganizationID(of.OrganizationID).SetGroupID(of.GroupID).SetUserID(of.UserID).
			SetUploadHistoryID(of.ID).SetDefinitionOrganizationID(of.OrganizationID).SetImportDefinitionID(d.ID).
			SetDefinitionVersionID(v.ID).SetDefinitionVersion(1).SetFormat(definition.Format{}).
			SetOnInvalidRow(definition.InvalidRowFail).SetFileName(of.FileName).SaveX(ctx).ID
		return nil
	}))
	return id
}

func TestTheEndOfACheckWakesTheImportsThatWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.store(t, asAda(t), h.write(t, "org-one/grp-one/other", "a\n1\n"))
	h.pendingImport(t, other)
	good := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	bad := h.store(t, asAda(t), "gs://local/org-one/grp-one/absent")
	failed, err := h.Store(asAda(t), upload.StoreInput{FileName: "a", GCSPath: "a", ErrorReason: pointer("x")})
	require.NoError(t, err)
	var want []string
	for _, one := range []*ent.ReviewUploadHistory{good, bad, failed} {
		want = append(want, org+" "+h.pendingImport(t, one))
	}
	for i, one := range []*ent.ReviewUploadHistory{good, bad, failed} {
		h.check(t, one)
		require.Equal(t, want[:i+1], h.jobs.imports)
	}
}

func TestACheckThatCannotWakeItsImportsHasNotEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	h.pendingImport(t, stored)
	h.jobs.err = context.DeadlineExceeded
	require.ErrorIs(t, h.Check(t.Context(), org, stored.ID), h.jobs.err)
	require.Equal(t, definition.UploadProcessing, h.read(t, stored.ID).Status)
	h.jobs.err = nil
	require.Equal(t, definition.UploadSuccess, h.check(t, stored).Status)
	require.Len(t, h.jobs.imports, 1)
}

func TestABucketThatIsAwayIsTriedAgainAndThenSaid(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHouse(t, func(c *upload.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	require.NoError(t, h.bucket.Close())
	for _, after := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		err := h.Check(t.Context(), org, stored.ID)
		var retry *upload.RetryError
		require.ErrorAs(t, err, &retry)
		require.Equal(t, after, retry.RetryAfter())
		require.Equal(t, definition.UploadProcessing, h.read(t, stored.ID).Status)
	}
	require.Empty(t, log.String())
	checked := h.check(t, stored)
	require.Equal(t, definition.UploadFailure, checked.Status)
	require.Contains(t, *checked.ErrorReason, "storage")
	require.NotNil(t, checked.ValidatedAt)
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	require.Contains(t, log.String(), prefixid.FromNumber(prefixid.UploadHistory, stored.ID))
}

func TestAStoppedCheckIsNoFailureOfTheFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.Check(ctx, org, stored.ID), context.Canceled)
	require.Equal(t, definition.UploadSuccess, h.check(t, stored).Status)
}

func TestCheckDoesNothingForAnotherOrganizationOrNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))
	require.NoError(t, h.Check(t.Context(), otherOrg, stored.ID))
	require.NoError(t, h.Check(t.Context(), org, 1))
	require.Equal(t, definition.UploadNotyet, h.read(t, stored.ID).Status)
}

func TestTheOriginalIsServedUnderItsName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const content = "a\n1\n"
	stored, err := h.Store(asAda(t), upload.StoreInput{
		FileName: "Ölçüm.csv", GCSPath: h.write(t, "org-one/grp-one/x", content),
	})
	require.NoError(t, err)
	_, _, err = h.Original(asAda(t), stored)
	require.ErrorIs(t, err, upload.ErrNoOriginal, "nobody has seen the file yet")

	address, expiresAt, err := h.Original(asAda(t), h.check(t, stored))
	require.NoError(t, err)
	require.True(t, expiresAt.After(time.Now()))
	body, header := get(t, address)
	require.Equal(t, content, body)
	require.Equal(t, "text/csv", header.Get("Content-Type"))
	require.Contains(t, header.Get("Content-Disposition"), "%C3%96l%C3%A7%C3%BCm.csv")

	absent := h.check(t, h.store(t, asAda(t), "gs://local/org-one/grp-one/absent"))
	_, _, err = h.Original(asAda(t), absent)
	require.ErrorIs(t, err, upload.ErrNoOriginal)
	foreign := h.read(t, stored.ID)
	foreign.GroupID, foreign.Generation = nextGroup, pointer(int64(1))
	_, _, err = h.Original(asAda(t), foreign)
	require.ErrorIs(t, err, upload.ErrNoOriginal)
}
