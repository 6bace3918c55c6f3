package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"entrepot/refusal"
	"entrepot/viewer"
)

const (
	maxBody     = 64 << 10 // bytes
	bodyTimeout = 10 * time.Second
)

// signedIn answers 401 where nobody asks.
func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := viewer.FromContext(r.Context()); !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, &Problem{status: http.StatusUnauthorized, Message: "Unauthenticated."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// inGroup answers 403 to a viewer without a group, and to one whose role may only read where a request writes. It comes
// before the body is looked at; the commands ask again.
func inGroup(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		least := viewer.RoleCollector
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			least = viewer.RoleViewer
		}
		_, err := refusal.Viewer(r.Context(), least, true)
		if refusals, ok := refusal.From(err); ok {
			writeProblem(w, refused(refusals))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// jsonBody takes bodies that are one JSON object in UTF-8 of at most 64 KiB; no body at all is an empty object. It
// answers 415, 413 and 422, the last under the name body, to others.
func jsonBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if !isJSON(r.Header.Get("Content-Type")) {
			writeProblem(w, &Problem{
				status: http.StatusUnsupportedMediaType, Message: "The request body must be of the type application/json.",
			})
			return
		}
		body, problem := readBody(w, r)
		if problem != nil {
			writeProblem(w, problem)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && mediaType == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Problem) {
	// Not every connection has deadlines; those that have none are not slow.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Problem{
			status: http.StatusRequestEntityTooLarge, Message: "The request body may not be larger than 64 KiB.",
		}
	case err != nil:
		return nil, &Problem{status: http.StatusRequestTimeout, Message: "The request body did not arrive whole."}
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return []byte("{}"), nil
	}
	p := &Problem{status: http.StatusUnprocessableEntity, Message: invalid}
	switch {
	case !utf8.Valid(body):
		p.add("body", "The request body must be in UTF-8.")
	case !json.Valid(body):
		p.add("body", "The request body is not valid JSON.")
	case body[0] != '{':
		p.add("body", "The request body must be a JSON object.")
	default:
		return body, nil
	}
	return nil, p
}
