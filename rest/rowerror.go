package rest

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/storage"
)

// RowError is one thing that is wrong in one row of a file.
type RowError struct {
	Row     int64   `json:"row" minimum:"0" example:"2" doc:"The data row, from 1, blank ones not counted."`
	Line    *int64  `json:"line" minimum:"0" example:"3" doc:"The line of the file that the row begins on, the header included; in a workbook the sheet's row."`
	Column  *string `json:"column" example:"date" doc:"The column; null where the whole row is meant."`
	Value   *string `json:"value" example:"soon" doc:"The cell as it is in the file, cut at 200 characters; null where there is none."`
	Code    rowCode `json:"code" example:"DATE_INVALID" doc:"The stable code, as in the GraphQL enum RowErrorCode."`
	Message string  `json:"message" example:"'date' must be a date such as 2024-03-31." doc:"What is wrong and what is wanted, in one English sentence that never quotes the cell."`
	Params  []Param `json:"params" doc:"What the message was written with, for who writes it in another language."`
}

// rowCode is a definition.RowErrorCode.
type rowCode string

// Schema lists the codes.
func (rowCode) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, code := range definition.RowErrorCode("").Values() {
		s.Enum = append(s.Enum, code)
	}
	return s
}

// Param is one value that a message was written with.
type Param struct {
	Name  string `json:"name" example:"column" doc:"Its name."`
	Value string `json:"value" example:"date" doc:"Its value."`
}

// RowErrorList is a page of row errors.
type RowErrorList struct {
	Data     []RowError `json:"data" doc:"The errors of this page, by row and then by column."`
	ImportID *string    `json:"import_id" example:"imp-06fvk2m6" doc:"The import that found them: the newest that has ended and was not canceled. Null as long as there is none; they are those of the history's check then."`
	Error    *string    `json:"error" example:"2 of 2922 rows cannot be read." doc:"Why the import, or the check, failed as a whole, in one sentence; null where it did not."`
	Page
}

type rowErrorsRequest struct {
	ID idParam `path:"id" doc:"The history's number."`
	PageQuery
}

type rowErrorsAnswer struct{ Body RowErrorList }

// fileAnswer is a file to save.
type fileAnswer struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" doc:"The name to save the file under."`
	Body        []byte
}

func (a *api) registerErrors(described huma.API) {
	huma.Register(described, document(huma.Operation{
		OperationID: "listImportErrors",
		Method:      http.MethodGet,
		Path:        histories + "/histories/{id}/import-errors",
		Summary:     "List what is wrong in the rows",
		Description: "The row errors of the newest import of this file that has ended and was not canceled, or, as long as " +
			"there is none, those of the check. The first thousand are kept.",
		SkipValidateParams: true,
	}, exampleRowErrors, http.StatusNotFound, http.StatusServiceUnavailable), a.listRowErrors)
	huma.Register(described, document(huma.Operation{
		OperationID: "downloadErrors",
		Method:      http.MethodGet,
		Path:        histories + "/histories/{id}/download-errors",
		Summary:     "Download what is wrong in the rows",
		Description: "The same errors as a file for spreadsheets: CSV in UTF-8 with a byte order mark, a header, and a line " +
			"per error. A cell that a spreadsheet would compute has an apostrophe in front.",
		SkipValidateParams: true,
		Responses: map[string]*huma.Response{"200": {
			Description: "The file.",
			Content: map[string]*huma.MediaType{"text/csv": {
				Schema:  &huma.Schema{Type: huma.TypeString},
				Example: "\uFEFFrow,line,column,value,code,message\r\n2,3,date,soon,DATE_INVALID,'date' must be a date.\r\n",
			}},
		}},
	}, nil, http.StatusNotFound, http.StatusServiceUnavailable), a.downloadErrors)
}

func (a *api) listRowErrors(ctx context.Context, request *rowErrorsRequest) (*rowErrorsAnswer, error) {
	var q reading
	page := q.page(request.PageQuery)
	if problem := q.wrong(); problem != nil {
		return nil, problem
	}
	found, err := a.uploads.RowErrors(ctx, request.ID.number(), page.part())
	if err != nil {
		return nil, a.failed(ctx, "row errors could not be listed", err)
	}
	out := RowErrorList{Data: make([]RowError, len(found.List)), Error: found.History.ErrorReason}
	if run := found.Import; run != nil {
		out.ImportID, out.Error = &run.ID, run.Error
	}
	for i, e := range found.List {
		out.Data[i] = rowErrorOf(e)
	}
	query := url.Values{}
	if request.PerPage != "" {
		query.Set("per_page", string(request.PerPage))
	}
	out.Page = a.pageOf(histories+"/histories/"+string(request.ID)+"/import-errors", query, page, len(found.List), found.Total)
	return &rowErrorsAnswer{Body: out}, nil
}

func rowErrorOf(e *ent.ImportRowError) RowError {
	out := RowError{
		Row: e.Row, Line: e.Line, Column: e.Column, Value: e.Value, Code: rowCode(e.Code), Message: e.Message,
		Params: make([]Param, len(e.Params)),
	}
	for i, p := range e.Params {
		out.Params[i] = Param{Name: p.Name, Value: p.Value}
	}
	return out
}

func (a *api) downloadErrors(ctx context.Context, request *historyRequest) (*fileAnswer, error) {
	name, content, err := a.uploads.RowErrorsFile(ctx, request.ID.number())
	if err != nil {
		return nil, a.failed(ctx, "row errors could not be written", err)
	}
	return &fileAnswer{
		ContentType: "text/csv; charset=utf-8", Disposition: storage.Attachment(name), Body: content,
	}, nil
}
