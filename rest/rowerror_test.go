package rest_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/rest"
	"entrepot/upload"
	"entrepot/viewer"
)

// hostile are row errors whose cells a spreadsheet, or a reader of CSV, would make something else of.
var hostile = []definition.RowError{
	{Row: 1, Line: 2, Column: "date", Value: "soon", Code: definition.RowDateInvalid, Message: "'date' must be a date."},
	{
		Row: 2, Line: 3, Column: "kwh", Value: `=HYPERLINK("http://evil.example","kWh")`,
		Code: definition.RowNumberInvalid, Message: "Not a number.",
	},
	{
		Row: 2, Line: 3, Column: "=cmd|' /C calc'!A0", Value: "+1+1",
		Code: definition.RowNumberInvalid, Message: "'=cmd|' /C calc'!A0' must be a number.",
	},
	{
		Row: 3, Line: 5, Column: "note", Value: "two\r\nlines; \"quoted\", and a tab\t",
		Code: definition.RowMissingRequired, Message: "Ölçüm, 🚀",
	},
	{Row: 4, Line: 8, Column: "kwh", Value: "-12,5", Code: definition.RowNumberInvalid, Message: "A plain number stays as it is."},
	{
		Row: 5, Line: 9, Column: "kwh", Value: "@SUM(1)", Code: definition.RowNumberInvalid, Message: "m",
		Params: []definition.Param{{Name: "column", Value: "kwh"}},
	},
	{Row: 6, Line: 10, Code: definition.RowColumnCountMismatch, Message: "The row has 3 cells, not 2."},
}

// fail gives an import or a history row errors; an empty column or value is none.
func fail(ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory, run string, errors []definition.RowError) {
	for i, e := range errors {
		create := c.ImportRowError.Create().SetOrganizationID(h.OrganizationID).SetPosition(i).
			SetRow(e.Row).SetLine(e.Line).SetCode(e.Code).SetMessage(e.Message).SetParams(e.Params)
		if run == "" {
			create.SetUploadHistoryID(h.ID).SetGroupID(h.GroupID)
		} else {
			create.SetImportID(run)
		}
		if e.Column != "" {
			create.SetColumn(e.Column)
		}
		if e.Value != "" {
			create.SetValue(e.Value)
		}
		create.ExecX(ctx)
	}
}

// start makes an import of a history that ends at once.
func start(
	ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory, id string, at time.Time, status definition.ImportStatus,
) {
	d, err := c.ImportDefinition.Query().First(ctx)
	if ent.IsNotFound(err) {
		v := definition.Version{
			Columns: []definition.Column{{Name: "kwh", Type: definition.TypeNumber}},
			Outputs: []definition.Output{{Key: "kwh", Aggregate: definition.Sum, Column: "kwh"}},
		}.Normalize()
		d = c.ImportDefinition.Create().SetOrganizationID(h.OrganizationID).SetName("D").
			SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).SaveX(ctx)
		c.ImportDefinitionVersion.Create().SetID("impver-1").SetOrganizationID(h.OrganizationID).SetImportDefinitionID(d.ID).
			SetNumber(1).SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).ExecX(ctx)
	}
	c.ImportRun.Create().SetID(id).SetOrganizationID(h.OrganizationID).SetGroupID(h.GroupID).SetUserID(h.UserID).
		SetUploadHistoryID(h.ID).SetDefinitionOrganizationID(h.OrganizationID).SetImportDefinitionID(d.ID).
		SetDefinitionVersionID("impver-1").SetDefinitionVersion(1).SetFormat(definition.Format{}).
		SetOnInvalidRow(definition.InvalidRowFail).SetFileName(h.FileName).SetCreatedAt(at).ExecX(ctx)
	if status == definition.ImportPending {
		return
	}
	if status != definition.ImportCanceled {
		c.ImportRun.UpdateOneID(id).SetStatus(definition.ImportProcessing).SetStartedAt(at).SetAttempt(1).ExecX(ctx)
	}
	end := c.ImportRun.UpdateOneID(id).SetStatus(status).SetProcessedAt(at)
	if status == definition.ImportFailed {
		end.SetError("2 rows cannot be read.").SetErrorCode(definition.ErrorInvalidRows)
	}
	end.ExecX(ctx)
}

func (s *server) rowErrors(t *testing.T, id int64, query string) (list rest.RowErrorList) {
	t.Helper()
	got := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%d/import-errors%s", root, id, query), "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NoError(t, json.Unmarshal([]byte(got.body), &list))
	return list
}

func (s *server) errorsFile(t *testing.T, id int64) answer {
	t.Helper()
	got := s.ask(t, &ada, http.MethodGet, fmt.Sprintf("%s/histories/%d/download-errors", root, id), "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got
}

func TestRowErrorsAreThoseOfTheNewestImportThatEnded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.make(t, made{name: "a.csv", who: ada, at: noon, status: definition.UploadSuccess, validated: &noon})[0]
	step := func(f func(ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory)) {
		s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
			f(ctx, c, c.ReviewUploadHistory.GetX(ctx, id))
		})
	}
	require.Empty(t, s.rowErrors(t, id, "").Data)
	step(func(ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory) { fail(ctx, c, h, "", hostile[6:]) })
	first := s.rowErrors(t, id, "")
	require.Nil(t, first.ImportID)
	require.Nil(t, first.Error)
	require.Equal(t, []rest.RowError{{
		Row: 6, Line: new(int64(10)), Code: "COLUMN_COUNT_MISMATCH", Message: "The row has 3 cells, not 2.", Params: []rest.Param{},
	}}, first.Data)

	step(func(ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory) {
		start(ctx, c, h, "imp-1", noon, definition.ImportFailed)
		fail(ctx, c, h, "imp-1", hostile)
		start(ctx, c, h, "imp-3", noon.Add(2*time.Hour), definition.ImportCanceled)
		start(ctx, c, h, "imp-4", noon.Add(3*time.Hour), definition.ImportPending)
	})
	failed := s.rowErrors(t, id, "?per_page=3&page=2")
	require.Equal(t, "imp-1", *failed.ImportID)
	require.Equal(t, "2 rows cannot be read.", *failed.Error)
	require.Equal(t, []int{2, 3, 7, 4, 6}, []int{failed.CurrentPage, failed.LastPage, failed.Total, *failed.From, *failed.To})
	require.Equal(t, rest.RowError{
		Row: 5, Line: new(int64(9)), Column: new("kwh"), Value: new("@SUM(1)"), Code: "NUMBER_INVALID", Message: "m",
		Params: []rest.Param{{Name: "column", Value: "kwh"}},
	}, failed.Data[2], "a page shows the cell as it is")
	require.Equal(t, fmt.Sprintf("%s%s/histories/%d/import-errors?page=3&per_page=3", public, root, id), *failed.NextPageURL)

	step(func(ctx context.Context, c *ent.Client, h *ent.ReviewUploadHistory) {
		start(ctx, c, h, "imp-2", noon.Add(time.Hour), definition.ImportCompleted)
	})
	whole := s.rowErrors(t, id, "")
	require.Equal(t, "imp-2", *whole.ImportID)
	require.Empty(t, whole.Data)
	require.Nil(t, whole.Error)
}

// TestTheFileOfErrors holds the file byte by byte against the one that is kept, and reads it back.
func TestTheFileOfErrors(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.make(t, made{name: "Ölçüm \"1\".csv", who: ada, at: noon, status: definition.UploadSuccess})[0]
	s.as(t, viewer.Worker("test", "org-one"), func(ctx context.Context, c *ent.Client) {
		h := c.ReviewUploadHistory.GetX(ctx, id)
		start(ctx, c, h, "imp-1", noon, definition.ImportFailed)
		fail(ctx, c, h, "imp-1", hostile)
	})
	got := s.errorsFile(t, id)
	require.Equal(t, "text/csv; charset=utf-8", got.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="_l__m _1_-errors.csv"; filename*=UTF-8''%C3%96l%C3%A7%C3%BCm%20_1_-errors.csv`,
		got.header.Get("Content-Disposition"))
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	kept, err := os.ReadFile("testdata/errors.csv")
	require.NoError(t, err)
	require.Equal(t, string(kept), got.body)

	text, found := strings.CutPrefix(got.body, "\uFEFF")
	require.True(t, found)
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"row", "line", "column", "value", "code", "message"}, records[0])
	require.Len(t, records, 1+len(hostile))
	for i, record := range records[1:] {
		e := hostile[i]
		require.Equal(t, []string{strconv.FormatInt(e.Row, 10), strconv.FormatInt(e.Line, 10)}, record[:2])
		for n, cell := range []string{e.Column, e.Value, string(e.Code), e.Message} {
			// encoding/csv makes a line feed of CRLF.
			cell = strings.ReplaceAll(cell, "\r\n", "\n")
			require.Contains(t, []string{cell, "'" + cell}, record[2+n])
			require.NotRegexp(t, `^([=@\t\r]|[+-].*[^0-9.,])`, record[2+n], "a spreadsheet would compute it")
		}
	}
}

func TestTheErrorsOfACheck(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	h, err := s.uploads.Store(viewer.NewContext(t.Context(), ada), upload.StoreInput{
		FileName: "a.csv", GCSPath: s.upload(t, "a,b\n1,2\n3,\"4\n"),
	})
	require.NoError(t, err)
	require.NoError(t, s.uploads.Check(t.Context(), "org-one", h.ID))
	checked := s.list(t, ada, listPath).Data[0]
	require.Equal(t, 2, checked.Status)
	list := s.rowErrors(t, h.ID, "")
	require.Len(t, list.Data, 1)
	require.EqualValues(t, 2, list.Data[0].Row)
	require.Contains(t, s.errorsFile(t, h.ID).body, "\r\n2,3,")

	// One that is not good as a whole says why, and has no rows.
	h, err = s.uploads.Store(viewer.NewContext(t.Context(), ada), upload.StoreInput{FileName: "b.csv", GCSPath: "gs://local/none"})
	require.NoError(t, err)
	require.NoError(t, s.uploads.Check(t.Context(), "org-one", h.ID))
	list = s.rowErrors(t, h.ID, "")
	require.Empty(t, list.Data)
	require.Contains(t, *list.Error, "There is no file at this path")
	require.Equal(t, "\uFEFFrow,line,column,value,code,message\r\n", s.errorsFile(t, h.ID).body)
}

// upload puts a file as Ada's client does, and gives its path.
func (s *server) upload(t *testing.T, content string) string {
	t.Helper()
	got := s.sign(t, fmt.Sprintf(`{"file_name": "a.csv", "size": %d}`, len(content)))
	var signed rest.SignedURL
	require.NoError(t, json.Unmarshal([]byte(got.body), &signed))
	require.Equal(t, http.StatusOK, s.put(t, signed, content))
	return signed.GCSPath
}
