package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5/middleware"

	"entrepot/database"
	"entrepot/refusal"
	"entrepot/storage"
	"entrepot/viewer"
)

// retryAfter is what a client waits when the database is away, in seconds.
const retryAfter = "5"

// What clients are told.
const (
	// invalid is the message above errors that name their fields.
	invalid         = "The given data was invalid."
	unauthenticated = "Unauthenticated."
	unavailable     = "The server cannot do this now; try again in a moment."
)

// Problem is the body of every answer that is not a success.
type Problem struct {
	_       struct{} `additionalProperties:"true"` // a refused token has a code too
	status  int
	Message string              `json:"message" example:"The given data was invalid." doc:"What is wrong, in one English sentence."`
	Errors  map[string][]string `json:"errors,omitempty" doc:"What is wrong with fields, by their names."`
}

// Error is the message.
func (p *Problem) Error() string { return p.Message }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// init replaces huma's own error model, which it keeps in a variable of its package, before anything can use it. What
// huma finds wrong itself is the shape of a request that wellFormed has let through, of which there is none; its causes
// were not written for a client.
func init() {
	huma.NewError = func(status int, message string, _ ...error) huma.StatusError {
		return &Problem{status: status, Message: message}
	}
	huma.DefaultArrayNullable = false // lists are never null here
}

// replace says one thing of a field in place of all others.
func (p *Problem) replace(field, message string) {
	delete(p.Errors, field)
	p.add(field, message)
}

// retype says of a field that was not of the type that it must be nothing else.
func (p *Problem) retype(field, called string, given text) {
	if given.wrong {
		p.replace(field, "The "+called+" must be a string.")
	}
}

func (p *Problem) add(field, message string) {
	if p.Errors == nil {
		p.Errors = map[string][]string{}
	}
	p.Errors[field] = append(p.Errors[field], message)
}

// refused makes an answer of a command's refusals.
func refused(refusals refusal.Errors) *Problem {
	p := &Problem{status: http.StatusUnprocessableEntity, Message: refusals[0].Message}
	switch refusals[0].Code {
	case refusal.Forbidden, refusal.GroupRequired:
		p.status = http.StatusForbidden
		return p
	case refusal.NotFound:
		p.status = http.StatusNotFound
		return p
	}
	for _, one := range refusals {
		if n := len(one.Field); n > 0 {
			p.add(snakeCase(one.Field[n-1]), one.Message)
		}
	}
	if len(p.Errors) > 0 {
		p.Message = invalid
	}
	return p
}

// failed makes an answer of why a command or a query did not succeed: what a person can put right as it is, 503 for what
// is away, and 500 for all else. What the answer does not tell is logged, unless the client has gone.
func (a *api) failed(ctx context.Context, line string, err error) error {
	if refusals, ok := refusal.From(err); ok {
		return refused(refusals)
	}
	id := middleware.GetReqID(ctx)
	away := huma.ErrorWithHeaders(&Problem{status: http.StatusServiceUnavailable, Message: unavailable},
		http.Header{"Retry-After": {retryAfter}})
	if ctx.Err() != nil {
		return away
	}
	v, _ := viewer.FromContext(ctx)
	a.log.ErrorContext(ctx, line, "request_id", id, "user", v.UserID, "group", v.GroupID, "error", err)
	if database.Unavailable(err) || errors.Is(err, storage.ErrUnavailable) {
		return away
	}
	return &Problem{
		status:  http.StatusInternalServerError,
		Message: "Something went wrong on the server. Its log has it under the request id " + id + ".",
	}
}

// snakeCase makes the older API's name of a field, gcs_path, of GraphQL's, gcsPath.
func snakeCase(name string) string {
	var out strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

func writeProblem(w http.ResponseWriter, p *Problem) { writeJSON(w, p.status, p) }

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone needs no answer
}
