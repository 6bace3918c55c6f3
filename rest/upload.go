package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/database"
	"entrepot/refusal"
	"entrepot/upload"
	"entrepot/viewer"
)

// SignedURLBody announces a file that is going to be uploaded. Other members are ignored.
type SignedURLBody struct {
	_           struct{}    `additionalProperties:"true"`
	FileName    text        `json:"file_name" minLength:"1" maxLength:"255" example:"weather.csv" doc:"The file's name, as its user calls it: one line, without control characters and without those that change the direction of text."`
	Size        wholeNumber `json:"size" minimum:"1" example:"123456" doc:"The file's size in bytes. A file of another one is refused, by the bucket or by its check."`
	ContentType text        `json:"content_type,omitempty" nullable:"true" example:"text/csv" doc:"How the file will be sent; by default as its name ends. A CSV file is text/csv; application/octet-stream is taken for anything."`
	SHA256      text        `json:"sha256,omitempty" nullable:"true" pattern:"^[0-9A-Fa-f]{64}$" doc:"The file's SHA-256 in hexadecimal. A file of another one is refused, by the bucket or by its check."`
	Resumable   flag        `json:"resumable,omitempty" nullable:"true" example:"false" doc:"Whether to begin an upload that can be resumed, for large files: where the bucket has such, the answer's method is POST, and the Location that it answers with takes the bytes, in pieces or at once."`
}

// UnmarshalJSON takes the members by their exact names.
func (b *SignedURLBody) UnmarshalJSON(data []byte) error {
	return decodeFields(data, map[string]json.Unmarshaler{
		"file_name": &b.FileName, "size": &b.Size, "content_type": &b.ContentType, "sha256": &b.SHA256,
		"resumable": &b.Resumable,
	})
}

// SignedURL is the request that uploads a file, once.
type SignedURL struct {
	GCSPath   string   `json:"gcs_path" example:"gs://bucket/org-06fvk2m3/grp-06fvk2m4/3v5yq2" doc:"The path to store the history with."`
	Method    string   `json:"method" example:"PUT" doc:"The method to send the file with."`
	URL       string   `json:"url" format:"uri" example:"https://storage.googleapis.com/bucket/org-06fvk2m3?X-Goog-Signature=2f6e" doc:"Where to send the file. The signature in it is the right: no token goes there."`
	Headers   []Header `json:"headers" doc:"The headers to send, exactly."`
	ExpiresAt string   `json:"expires_at" format:"date-time" example:"2026-11-21T12:15:00.000Z" doc:"Until when the URL works, UTC."`
}

// Header is one header of a request.
type Header struct {
	Name  string `json:"name" example:"Content-Type" doc:"Its name."`
	Value string `json:"value" example:"text/csv" doc:"Its value."`
}

// StoreHistoryBody is what is recorded of an upload. Other members are ignored.
type StoreHistoryBody struct {
	_           struct{} `additionalProperties:"true"`
	FileName    text     `json:"file_name" minLength:"1" maxLength:"255" example:"weather.csv" doc:"The file's name, as its user calls it: one line, without control characters and without those that change the direction of text."`
	GCSPath     text     `json:"gcs_path" minLength:"1" maxLength:"2048" example:"gs://bucket/org-06fvk2m3/grp-06fvk2m4/3v5yq2" doc:"Where the file lies, as the signed URL came with it. Any path is recorded; whether it may be read is for the check to say."`
	ErrorReason text     `json:"error_reason,omitempty" maxLength:"255" nullable:"true" example:"The connection was lost." doc:"Why the upload failed, for one that did; null, blank or absent for one that succeeded."`
}

// UnmarshalJSON takes the members by their exact names.
func (b *StoreHistoryBody) UnmarshalJSON(data []byte) error {
	return decodeFields(data, map[string]json.Unmarshaler{
		"file_name": &b.FileName, "gcs_path": &b.GCSPath, "error_reason": &b.ErrorReason,
	})
}

type signedURLRequest struct{ Body SignedURLBody }

type signedURLAnswer struct{ Body SignedURL }

type storeHistoryRequest struct{ Body StoreHistoryBody }

type historyAnswer struct{ Body History }

func (a *api) registerUploads(described huma.API) {
	huma.Register(described, document(huma.Operation{
		OperationID: "createSignedUrl",
		Method:      http.MethodPost,
		Path:        histories + "/signed-url",
		Summary:     "Ask where to put a file",
		Description: "Answers with a signed request that puts one file into the bucket, under a path that the server makes. " +
			"It works once, for a quarter of an hour. Send the file, then store its history with the path.",
		DefaultStatus:    http.StatusOK,
		SkipValidateBody: true, // the command says what is wrong, and of all fields at once
	}, exampleSignedURL, http.StatusServiceUnavailable), a.signURL)
	huma.Register(described, document(huma.Operation{
		OperationID: "storeUploadHistory",
		Method:      http.MethodPost,
		Path:        histories + "/upload-history",
		Summary:     "Record an uploaded file",
		Description: "Records a file, or with an error reason an upload that failed, as the signed-in user and in the " +
			"current group. Its check runs in the background. The same path again without an error reason answers with " +
			"the record that there is; with one, every call makes a record.",
		DefaultStatus:    http.StatusOK,
		SkipValidateBody: true,
	}, exampleHistory, http.StatusBadRequest), a.storeHistory)
}

// signURL is the REST twin of the mutation createUpload.
func (a *api) signURL(ctx context.Context, request *signedURLRequest) (*signedURLAnswer, error) {
	body := request.Body
	in := upload.CreateInput{
		FileName: body.FileName.or(""), ContentType: body.ContentType.orRefused(), SHA256: body.SHA256.orRefused(),
	}
	in.Resumable = body.Resumable.value
	if body.Size.value != nil && !body.Resumable.wrong { // without a size nothing is done, and the other fields are checked
		in.Size = *body.Size.value
	}
	issued, err := a.uploads.Create(ctx, in)
	if refusals, ok := refusal.From(err); ok {
		problem := refused(refusals)
		problem.retype("file_name", "file name", body.FileName)
		problem.retype("content_type", "content type", body.ContentType)
		problem.retype("sha256", "sha256", body.SHA256)
		switch {
		case body.Size.wrong:
			problem.replace("size", "The size must be a whole number.")
		case body.Size.value == nil:
			problem.replace("size", "The size is required.")
		case in.Size != *body.Size.value:
			delete(problem.Errors, "size")
		}
		if body.Resumable.wrong {
			problem.replace("resumable", "The resumable must be true or false.")
		}
		return nil, problem
	}
	if err != nil {
		return nil, a.failed(ctx, "upload could not be signed", err)
	}
	out := SignedURL{
		GCSPath: issued.GCSPath, Method: issued.Method, URL: issued.URL, ExpiresAt: timestamp(issued.ExpiresAt),
		Headers: make([]Header, len(issued.Headers)),
	}
	for i, h := range issued.Headers {
		out.Headers[i] = Header{Name: h.Name, Value: h.Value}
	}
	return &signedURLAnswer{Body: out}, nil
}

// storeHistory is the REST twin of the mutation storeUploadHistory.
func (a *api) storeHistory(ctx context.Context, request *storeHistoryRequest) (*historyAnswer, error) {
	body := request.Body
	in := upload.StoreInput{
		FileName: body.FileName.or(""), GCSPath: body.GCSPath.or(""), ErrorReason: body.ErrorReason.orRefused(),
	}
	stored, err := a.uploads.Store(ctx, in)
	if refusals, ok := refusal.From(err); ok {
		problem := refused(refusals)
		problem.retype("file_name", "file name", body.FileName)
		problem.retype("gcs_path", "path", body.GCSPath)
		problem.retype("error_reason", "error reason", body.ErrorReason)
		return nil, problem
	}
	if err != nil {
		return nil, a.failedToStore(ctx, in, err)
	}
	return &historyAnswer{Body: historyOf(stored)}, nil
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

// failedToStore logs why a history could not be stored, once, and answers without telling. Where the client has gone
// there is nothing to tell anybody.
func (a *api) failedToStore(ctx context.Context, in upload.StoreInput, cause error) error {
	problem := &Problem{status: http.StatusBadRequest, Message: notStored}
	if ctx.Err() != nil {
		return problem
	}
	v, _ := viewer.FromContext(ctx)
	a.log.ErrorContext(ctx, notStoredLine,
		"request_id", middleware.GetReqID(ctx), "user", v.UserID, "group", v.GroupID,
		"path", strings.TrimSpace(in.GCSPath), "error", cause)
	if database.Unavailable(cause) {
		return huma.ErrorWithHeaders(problem, http.Header{"Retry-After": {retryAfter}})
	}
	return problem
}
