package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
)

// retryAfter is how long a client waits when the database is away, in seconds.
const retryAfter = "5"

// away answers 503 with Retry-After, in place of 200, to an operation of which nothing was done because the database was
// away: proxies and clients know that to be passing. The body stays the GraphQL answer. Streams and sockets keep their
// connection, whose status was sent long before.
type away struct{}

var _ graphql.ResponseInterceptor = away{}

// ExtensionName is gqlgen's.
func (away) ExtensionName() string { return "Away" }

// Validate is gqlgen's.
func (away) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse tells the request's writer of such an answer before it is written.
func (away) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if w, ok := ctx.Value(answerKey{}).(*answer); ok && response != nil {
		w.away = nothingDone(response)
	}
	return response
}

func nothingDone(r *graphql.Response) bool {
	for _, err := range r.Errors {
		if err.Extensions["code"] != codeUnavailable {
			return false
		}
	}
	if len(r.Errors) == 0 {
		return false
	}
	if len(r.Data) == 0 || bytes.Equal(r.Data, []byte("null")) {
		return true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(r.Data, &fields) != nil {
		return false
	}
	for _, value := range fields {
		if !bytes.Equal(value, []byte("null")) {
			return false
		}
	}
	return true
}

type answerKey struct{}

// answer is where an operation's answer is written.
type answer struct {
	http.ResponseWriter
	away, begun bool
}

// answering lets away choose the status of answers that are no streams of their own protocol.
func answering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			a := &answer{ResponseWriter: w}
			w, r = a, r.WithContext(context.WithValue(r.Context(), answerKey{}, a))
		}
		next.ServeHTTP(w, r)
	})
}

// Write begins the answer with the status that fits.
func (a *answer) Write(b []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	if a.begun = true; a.away && status == http.StatusOK {
		a.Header().Set("Retry-After", retryAfter)
		status = http.StatusServiceUnavailable
	}
	a.ResponseWriter.WriteHeader(status)
}

// Flush is for streams.
func (a *answer) Flush() {
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
