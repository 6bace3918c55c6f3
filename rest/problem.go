package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"entrepot/refusal"
)

// invalid is the message above errors that name their fields.
const invalid = "The given data was invalid."

// Problem is the body of every answer that is not a success.
type Problem struct {
	status  int
	Message string              `json:"message" doc:"What is wrong, in one English sentence."`
	Errors  map[string][]string `json:"errors,omitempty" doc:"What is wrong with fields, by their names."`
}

// Error is the message.
func (p *Problem) Error() string { return p.Message }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// init replaces huma's own error model, which it keeps in a variable of its package, before anything can use it.
func init() {
	huma.NewError = func(status int, message string, causes ...error) huma.StatusError {
		p := &Problem{status: status, Message: message}
		for _, cause := range causes {
			var detail huma.ErrorDetailer
			if status >= http.StatusInternalServerError || !errors.As(cause, &detail) {
				continue // what was not written for a client stays here
			}
			d := detail.ErrorDetail()
			_, field, found := strings.Cut(d.Location, ".") // query.page
			if !found {
				field = d.Location
			}
			p.add(field, d.Message)
		}
		if len(p.Errors) > 0 {
			p.Message = invalid
		}
		return p
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
