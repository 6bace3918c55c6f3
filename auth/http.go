package auth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"entrepot/database"
	"entrepot/viewer"
)

// The headers that choose the current organization and group; the keys of connection_init are called the same.
const (
	AuthorizationHeader = "Authorization"
	OrganizationHeader  = "X-Organization-Id"
	GroupHeader         = "X-Group-Id"
)

// Middleware puts the viewer into the context of every request that comes with a valid bearer token, and lets a
// request without any pass as nobody's. A token that does not count, or an organization or group that is not the
// person's, is 401.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Get(AuthorizationHeader)
		if header == "" {
			next.ServeHTTP(w, r)
			return
		}
		v, err := a.fromHeader(r.Context(), header, r.Header.Get(OrganizationHeader), r.Header.Get(GroupHeader))
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), v)))
	})
}

// Required answers 401 where nobody is signed in. It lets the opening of a WebSocket pass, whose token comes with the
// first message: whoever serves it asks WebSocketViewer.
func (a *Authenticator) Required(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := viewer.FromContext(r.Context()); !ok && !opensWebSocket(r) {
			a.refuse(w, r, unauthenticated("Sign in: the request has no bearer token."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func opensWebSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

func bearer(header string) (token string, err error) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", unauthenticated("Sign in: the header Authorization must be “Bearer” and a token.")
	}
	return strings.TrimSpace(token), nil
}

// refuse writes why a request goes no further, in the shape of the API that was asked.
func (a *Authenticator) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, code, message := http.StatusUnauthorized, "UNAUTHENTICATED", err.Error()
	if !errors.Is(err, ErrUnauthenticated) {
		if r.Context().Err() != nil {
			return // nobody waits for the answer
		}
		if database.Unavailable(err) && a.away(w, r, err) {
			return
		}
		a.log.ErrorContext(r.Context(), "could not read who asks", "error", err)
		status, code, message = http.StatusInternalServerError, "INTERNAL", "Something went wrong on the server."
		if database.Unavailable(err) {
			status, code = http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE"
			message = "The database does not answer. Try again soon."
			w.Header().Set("Retry-After", "5")
		}
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if !strings.HasPrefix(r.URL.Path, "/graphql") {
		writeJSON(w, status, map[string]any{"code": code, "message": message})
		return
	}
	writeJSON(w, status, map[string]any{"errors": []any{
		map[string]any{"message": message, "extensions": map[string]any{"code": code}},
	}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone where this fails
}
