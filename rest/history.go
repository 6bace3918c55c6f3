package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/refusal"
	"entrepot/upload"
	"entrepot/viewer"
)

// histories is what the paths of upload histories begin with, below /api.
const histories = "/v1/general/upload-file/gcs"

// retryAfter is what a client waits when the database is away, in seconds.
const retryAfter = "5"

// History is an upload history as the older API shows it.
type History struct {
	ID          int64   `json:"id" doc:"The history's number."`
	UserID      string  `json:"user_id" doc:"Who stored it."`
	GroupID     string  `json:"group_id" doc:"The group that it belongs to."`
	FileName    string  `json:"file_name" doc:"The file's name, as its user calls it."`
	GCSPath     string  `json:"gcs_path" doc:"Where the file lies, gs://bucket/name."`
	Status      int     `json:"status" enum:"0,1,2,3" doc:"0 not checked yet, 1 being checked, 2 good, 3 not good."`
	ErrorReason *string `json:"error_reason" doc:"Why it is not good."`
	ValidatedAt *string `json:"validated_at" format:"date-time" doc:"When its check ended, UTC."`
	CreatedAt   string  `json:"created_at" format:"date-time" doc:"When it was stored, UTC."`
	UpdatedAt   string  `json:"updated_at" format:"date-time" doc:"When it last changed, UTC."`
	User        Person  `json:"user" doc:"Who stored it."`
	Group       Group   `json:"group" doc:"The group that it belongs to."`
}

// Person is a user as the older API shows one.
type Person struct {
	ID    string `json:"id" doc:"The user's id."`
	Name  string `json:"name" doc:"The user's name."`
	Email string `json:"email" doc:"The user's e-mail address."`
}

// Group is a group as the older API shows one.
type Group struct {
	ID   string `json:"id" doc:"The group's id."`
	Name string `json:"name" doc:"The group's name."`
}

// StoreHistoryBody is what is recorded of an upload. Other members are ignored.
type StoreHistoryBody struct {
	_           struct{} `additionalProperties:"true"`
	FileName    text     `json:"file_name" minLength:"1" maxLength:"255" doc:"The file's name; no control characters."`
	GCSPath     text     `json:"gcs_path" minLength:"1" maxLength:"2048" doc:"Where the file lies, gs://bucket/name."`
	ErrorReason text     `json:"error_reason,omitempty" maxLength:"255" nullable:"true" doc:"Why the upload failed."`
}

// UnmarshalJSON takes the members by their exact names.
func (b *StoreHistoryBody) UnmarshalJSON(data []byte) error {
	return decodeFields(data, map[string]*text{
		"file_name": &b.FileName, "gcs_path": &b.GCSPath, "error_reason": &b.ErrorReason,
	})
}

type storeHistoryRequest struct{ Body StoreHistoryBody }

type historyAnswer struct{ Body History }

func (a *api) registerHistories(described huma.API) {
	huma.Register(described, huma.Operation{
		OperationID: "storeUploadHistory",
		Method:      http.MethodPost,
		Path:        histories + "/upload-history",
		Summary:     "Record an uploaded file",
		Description: "Records a file, or with an error reason an upload that failed, as the signed-in user and in the " +
			"current group. Its check runs in the background. The same path again without an error reason answers with " +
			"the record that there is.",
		DefaultStatus: http.StatusOK,
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
		},
		SkipValidateBody: true, // upload's rules say what is wrong, and of all fields at once
	}, a.storeHistory)
}

// storeHistory is the REST twin of the mutation storeUploadHistory.
func (a *api) storeHistory(ctx context.Context, request *storeHistoryRequest) (*historyAnswer, error) {
	in, problem := request.Body.input()
	if problem != nil {
		return nil, problem
	}
	stored, err := a.uploads.Store(ctx, in)
	if refusals, ok := refusal.From(err); ok {
		return nil, refused(refusals)
	}
	if err != nil {
		return nil, a.failedToStore(ctx, in, err)
	}
	return &historyAnswer{Body: historyOf(stored)}, nil
}

// input is the command's input, or everything that is wrong with the request's fields.
func (b *StoreHistoryBody) input() (upload.StoreInput, error) {
	in := upload.StoreInput{FileName: b.FileName.or(""), GCSPath: b.GCSPath.or(""), ErrorReason: b.ErrorReason.value}
	normal, refusals := in.Normalize()
	problem := &Problem{status: http.StatusUnprocessableEntity, Message: invalid}
	if len(refusals) > 0 {
		problem = refused(refusals)
	}
	for _, field := range []struct {
		name, called string
		text         text
	}{
		{"file_name", "file name", b.FileName},
		{"gcs_path", "path", b.GCSPath},
		{"error_reason", "error reason", b.ErrorReason},
	} {
		if field.text.wrong {
			delete(problem.Errors, field.name)
			problem.add(field.name, "The "+field.called+" must be a string.")
		}
	}
	if len(problem.Errors) > 0 {
		return upload.StoreInput{}, problem
	}
	return normal, nil
}

// What a client and the log are told of a history that could not be stored.
const (
	notStored     = "The history could not be stored"
	notStoredLine = "upload history could not be stored"
)

// Away answers a request to store a history where not even its viewer could be read, because the database is away, and
// logs why, once; false is said of all other requests, whose clients know of 503. It is for auth, which comes first.
func Away(log *slog.Logger) func(w http.ResponseWriter, r *http.Request, cause error) bool {
	return func(w http.ResponseWriter, r *http.Request, cause error) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/api"+histories+"/upload-history" {
			return false
		}
		log.ErrorContext(r.Context(), notStoredLine, "request_id", middleware.GetReqID(r.Context()), "error", cause)
		w.Header().Set("Retry-After", retryAfter)
		writeProblem(w, &Problem{status: http.StatusBadRequest, Message: notStored})
		return true
	}
}

// failedToStore logs why a history could not be stored, once, and answers without telling.
func (a *api) failedToStore(ctx context.Context, in upload.StoreInput, cause error) error {
	v, _ := viewer.FromContext(ctx)
	a.log.ErrorContext(ctx, notStoredLine,
		"request_id", middleware.GetReqID(ctx), "user", v.UserID, "group", v.GroupID, "path", in.GCSPath, "error", cause)
	problem := &Problem{status: http.StatusBadRequest, Message: notStored}
	if database.Unavailable(cause) {
		return huma.ErrorWithHeaders(problem, http.Header{"Retry-After": {retryAfter}})
	}
	return problem
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
		out.User.Name, out.User.Email = u.Name, u.Email
	}
	if g := h.Edges.Group; g != nil {
		out.Group.Name = g.Name
	}
	return out
}

// timestamp is RFC 3339 in UTC, to the millisecond.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
