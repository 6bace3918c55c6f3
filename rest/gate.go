package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"entrepot/refusal"
	"entrepot/viewer"
)

const (
	maxBody     = 64 << 10 // bytes
	bodyTimeout = 10 * time.Second
)

// private keeps answers out of caches, and browsers from guessing what they are.
func private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// signedIn answers 401 where nobody asks.
func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := viewer.FromContext(r.Context()); !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, &Problem{status: http.StatusUnauthorized, Message: unauthenticated})
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

// notAllowed answers 405 and says which methods the address takes.
func notAllowed(w http.ResponseWriter, r *http.Request) {
	routes := chi.RouteContext(r.Context()).Routes
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		asked := method
		if method == http.MethodHead { // goes where GET goes
			asked = http.MethodGet
		}
		if routes.Match(chi.NewRouteContext(), asked, r.URL.Path) {
			w.Header().Add("Allow", method)
		}
	}
	writeProblem(w, &Problem{status: http.StatusMethodNotAllowed, Message: "This address does not take this method."})
}

// wellFormed takes requests that can be read: a query that is escaped as it should be, and a body that is one JSON object
// in UTF-8 of at most 64 KiB, not packed; no body at all is an empty object. It answers 415, 413 and 422, the last under
// the name query or body, to others.
func wellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if problem := unreadableQuery(r.URL.RawQuery); problem != nil {
			writeProblem(w, problem)
			return
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if unsupported := unsupportedBody(r.Header); unsupported != "" {
			w.Header().Set("Accept", "application/json")
			writeProblem(w, &Problem{status: http.StatusUnsupportedMediaType, Message: unsupported})
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

// unreadableQuery finds a query of which a part would be passed over in silence.
func unreadableQuery(text string) *Problem {
	p := &Problem{status: http.StatusUnprocessableEntity, Message: invalid}
	values, err := url.ParseQuery(text)
	if err != nil {
		p.add("query", "The query cannot be read: write special characters as percent and two hexadecimal digits.")
		return p
	}
	for name, given := range values {
		if len(given) > 1 && name != "status" { // the one list
			p.add(name, "This may be given once only.")
		}
	}
	if len(p.Errors) > 0 {
		return p
	}
	return nil
}

// unsupportedBody says what is wrong with the kind of body that is announced; empty for nothing.
func unsupportedBody(h http.Header) string {
	if packed := h.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return "The request body must not be packed: send it without Content-Encoding."
	}
	if !isJSON(h.Get("Content-Type")) {
		return "The request body must be of the type application/json."
	}
	return ""
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
	// Not every connection has deadlines; those that have none are not slow. Left on, it would end the request's context.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = connection.SetReadDeadline(time.Time{})
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
