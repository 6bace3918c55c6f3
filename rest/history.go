package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/upload"
)

// histories is what the paths of upload histories begin with, below /api.
const histories = "/v1/general/upload-file/gcs"

// History is an upload history as the older API shows it.
type History struct {
	ID          int64   `json:"id" minimum:"1" maximum:"9007199254740991" example:"892114273042432" doc:"The history's number: unique, and below 2 to the 53rd."`
	UserID      string  `json:"user_id" example:"user-06fvk2m5" doc:"Who stored it."`
	GroupID     string  `json:"group_id" example:"grp-06fvk2m4" doc:"The group that it belongs to."`
	FileName    string  `json:"file_name" example:"weather.csv" doc:"The file's name, as its user calls it."`
	GCSPath     string  `json:"gcs_path" example:"gs://bucket/org-06fvk2m3/grp-06fvk2m4/3v5yq2" doc:"Where the file lies."`
	Status      int     `json:"status" enum:"0,1,2,3" example:"0" doc:"0 not checked yet, 1 being checked, 2 good, 3 not good."`
	ErrorReason *string `json:"error_reason" example:"The file is empty." doc:"Why it is not good, in one sentence."`
	ValidatedAt *string `json:"validated_at" format:"date-time" example:"2026-11-21T12:00:01.500Z" doc:"When its check ended, UTC; null where the upload failed in the client."`
	CreatedAt   string  `json:"created_at" format:"date-time" example:"2026-11-21T12:00:00.000Z" doc:"When it was stored, UTC."`
	UpdatedAt   string  `json:"updated_at" format:"date-time" example:"2026-11-21T12:00:01.500Z" doc:"When it last changed, UTC."`
	User        Person  `json:"user" doc:"Who stored it."`
	Group       Group   `json:"group" doc:"The group that it belongs to."`
}

// Person is a user as the older API shows one.
type Person struct {
	ID    string  `json:"id" example:"user-06fvk2m5" doc:"The user's id."`
	Name  string  `json:"name" example:"Ada Lovelace" doc:"The user's name."`
	Email *string `json:"email" example:"ada@example.org" doc:"The user's e-mail address; null where they belong to the organization no more."`
}

// Group is a group as the older API shows one.
type Group struct {
	ID   string `json:"id" example:"grp-06fvk2m4" doc:"The group's id."`
	Name string `json:"name" example:"Measurements" doc:"The group's name."`
}

// HistoryList is a page of histories.
type HistoryList struct {
	Data []History `json:"data" doc:"The histories of this page."`
	Page
}

type listRequest struct {
	PageQuery
	Status      statusParam `query:"status,explode" doc:"Only those in one of these states. Several are given one by one, or with commas between."`
	UserID      string      `query:"user_id" maxLength:"64" example:"user-06fvk2m5" doc:"Only those that this user stored."`
	FileName    string      `query:"file_name" maxLength:"255" example:"weather" doc:"Only those whose file's name has this text, in any case."`
	CreatedFrom momentParam `query:"created_from" doc:"Only those stored at this time or later. A day means its beginning in UTC."`
	CreatedTo   momentParam `query:"created_to" doc:"Only those stored at this time or earlier. A day means its end in UTC."`
	Sort        string      `query:"sort" enum:"-created_at,created_at,-file_name,file_name,-status,status,-validated_at,validated_at" default:"-created_at" doc:"The order; a minus in front turns it round."`
}

type listAnswer struct{ Body HistoryList }

// historyRequest names one history. The number is read by number, for what is none is not there.
type historyRequest struct {
	ID idParam `path:"id" doc:"The history's number."`
}

// downloadAnswer sends the client to the bucket.
type downloadAnswer struct {
	Location string `header:"Location" doc:"The signed URL."`
}

func (a *api) registerHistories(described huma.API) {
	huma.Register(described, document(huma.Operation{
		OperationID: "listUploadHistories",
		Method:      http.MethodGet,
		Path:        histories + "/histories/list",
		Summary:     "List the group's histories",
		Description: "The histories of the current group in pages; those whose file was erased are left out. All filters " +
			"that are given must hold. A page beyond the last is empty.",
		SkipValidateParams: true, // read says what is wrong in the words of this API
	}, exampleHistories, http.StatusServiceUnavailable), a.listHistories)
	huma.Register(described, document(huma.Operation{
		OperationID:        "getUploadHistory",
		Method:             http.MethodGet,
		Path:               histories + "/histories/{id}",
		Summary:            "Read a history",
		Description:        "One history of the current group.",
		SkipValidateParams: true,
	}, exampleHistory, http.StatusNotFound, http.StatusServiceUnavailable), a.getHistory)
	huma.Register(described, document(huma.Operation{
		OperationID: "downloadOriginal",
		Method:      http.MethodGet,
		Path:        histories + "/histories/{id}/download-original",
		Summary:     "Download the file",
		Description: "Redirects to a signed URL of the file, which works for a quarter of an hour and saves it under its " +
			"name. There is none before the check has found the file good, and after it was erased.",
		DefaultStatus:      http.StatusFound,
		SkipValidateParams: true,
		Responses: map[string]*huma.Response{
			"302": {Description: "The file is at the address in the header Location, which needs no token."},
			"200": {
				Description: "The file itself, from the bucket, for clients that follow the redirect.",
				Content: map[string]*huma.MediaType{
					"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
				},
			},
		},
	}, nil, http.StatusNotFound, http.StatusServiceUnavailable), a.downloadOriginal)
}

func (a *api) listHistories(ctx context.Context, request *listRequest) (*listAnswer, error) {
	wanted, problem := request.read()
	if problem != nil {
		return nil, problem
	}
	list, total, err := a.uploads.Histories(ctx, wanted.filter, wanted.order, wanted.page.part())
	if err != nil {
		return nil, a.failed(ctx, "upload histories could not be listed", err)
	}
	out := HistoryList{Data: make([]History, len(list))}
	for i, h := range list {
		out.Data[i] = historyOf(h)
	}
	out.Page = a.pageOf(histories+"/histories/list", request.query(), wanted.page, len(list), total)
	return &listAnswer{Body: out}, nil
}

// wantedHistories is a request for histories, read.
type wantedHistories struct {
	filter upload.HistoryFilter
	order  upload.HistoryOrder
	page   wantedPage
}

func (r *listRequest) read() (wantedHistories, error) {
	var q reading
	w := wantedHistories{page: q.page(r.PageQuery), filter: upload.HistoryFilter{Deleted: new(false)}}
	w.filter.Status = q.status(r.Status)
	w.filter.UserID = q.text("user_id", "user id", r.UserID, 64)
	w.filter.FileNameContains = q.text("file_name", "file name", r.FileName, 255)
	w.filter.CreatedFrom = q.moment("created_from", r.CreatedFrom, false)
	w.filter.CreatedBefore = q.moment("created_to", r.CreatedTo, true)
	by, descending := strings.CutPrefix(r.Sort, "-")
	w.order = upload.HistoryOrder{By: upload.HistoryField(by), Descending: descending}
	switch w.order.By {
	case upload.ByCreatedAt, upload.ByFileName, upload.ByStatus, upload.ByValidatedAt:
	default:
		q.problem.add("sort", "The sort must be created_at, file_name, status or validated_at, with a minus in front or without.")
	}
	return w, q.wrong()
}

// query is the request's own, to be repeated in the links to other pages.
func (r *listRequest) query() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{
		"status": strings.Join(r.Status, ","), "user_id": r.UserID, "file_name": r.FileName,
		"created_from": string(r.CreatedFrom), "created_to": string(r.CreatedTo), "sort": r.Sort,
		"per_page": string(r.PerPage),
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

func (a *api) getHistory(ctx context.Context, request *historyRequest) (*historyAnswer, error) {
	h, err := a.uploads.History(ctx, request.ID.number())
	if err != nil {
		return nil, a.failed(ctx, "upload history could not be read", err)
	}
	return &historyAnswer{Body: historyOf(h)}, nil
}

func (a *api) downloadOriginal(ctx context.Context, request *historyRequest) (*downloadAnswer, error) {
	address, _, err := a.uploads.Download(ctx, request.ID.number())
	if err != nil {
		return nil, a.failed(ctx, "download could not be signed", err)
	}
	return &downloadAnswer{Location: address}, nil
}

// historyOf needs the history's edges User and Group.
func historyOf(h *ent.ReviewUploadHistory) History {
	out := History{
		ID: h.ID, UserID: h.UserID, GroupID: h.GroupID,
		FileName: h.FileName, GCSPath: h.GcsPath,
		Status: int(h.Status), ErrorReason: h.ErrorReason,
		CreatedAt: timestamp(h.CreatedAt), UpdatedAt: timestamp(h.UpdatedAt),
		User: Person{ID: h.UserID}, Group: Group{ID: h.GroupID},
	}
	if h.ValidatedAt != nil {
		at := timestamp(*h.ValidatedAt)
		out.ValidatedAt = &at
	}
	if u := h.Edges.User; u != nil {
		if out.User.Name = u.Name; u.Email != "" {
			out.User.Email = &u.Email
		}
	}
	if g := h.Edges.Group; g != nil {
		out.Group.Name = g.Name
	}
	return out
}

// timestamp is RFC 3339 in UTC, to the millisecond.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// idParam is a history's number in a path.
type idParam string

// Schema says what is expected.
func (idParam) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, float64(1<<53-1)
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &least, Maximum: &most}
}

// number is 0, which no history has, for what is not a number as this API writes it.
func (p idParam) number() int64 {
	n, err := strconv.ParseInt(string(p), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(p) {
		return 0
	}
	return n
}

// statusParam is a list of states in a query, each a text with one or, with commas between, several.
type statusParam []string

// Schema says what is expected.
func (statusParam) Schema(huma.Registry) *huma.Schema {
	one := &huma.Schema{Type: huma.TypeInteger, Enum: []any{0, 1, 2, 3}}
	return &huma.Schema{Type: huma.TypeArray, Items: one, Examples: []any{[]any{2, 3}}}
}

// states reads it, each state once; false for what is no list of states.
func (p statusParam) states() (list []definition.UploadStatus, ok bool) {
	for one := range strings.SplitSeq(strings.Join(p, ","), ",") {
		if len(one) != 1 || one[0] < '0' || one[0] > '3' {
			return nil, false
		}
		if status := definition.UploadStatus(one[0] - '0'); !slices.Contains(list, status) {
			list = append(list, status)
		}
	}
	return list, true
}
