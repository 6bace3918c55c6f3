package auth

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// maxExchangeBytes is far more than a code takes.
const maxExchangeBytes = 4 << 10

// Exchange gives a token for a one-time code: POST {"code": "…"} is answered with 200 {"token", "expiresAt"}. A
// refusal is {"code", "message"}: CODE_INVALID (401) for a code that never was, is used or too old, BAD_USER_INPUT
// (400, 413, 415), METHOD_NOT_ALLOWED (405), RATE_LIMITED (429) after ten tries at once and one a second.
func (a *Authenticator) Exchange() http.Handler { return http.HandlerFunc(a.exchange) }

func (a *Authenticator) exchange(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, message string) {
		writeJSON(w, status, map[string]string{"code": code, "message": message})
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Use POST.")
		return
	}
	// Not a type that a form of another site could send.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(http.StatusUnsupportedMediaType, "BAD_USER_INPUT", "The content type must be application/json.")
		return
	}
	if !a.tries.take() {
		w.Header().Set("Retry-After", "1")
		refuse(http.StatusTooManyRequests, "RATE_LIMITED", "Too many tries. Wait a second.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxExchangeBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(http.StatusRequestEntityTooLarge, "BAD_USER_INPUT", "The body is too large.")
		return
	}
	var input struct {
		Code string `json:"code"`
	}
	if err != nil || json.Unmarshal(body, &input) != nil || input.Code == "" {
		refuse(http.StatusBadRequest, "BAD_USER_INPUT", `The body must be {"code": "…"}.`)
		return
	}
	who, ok := a.codes.take(input.Code)
	if !ok {
		refuse(http.StatusUnauthorized, "CODE_INVALID",
			"This sign-in link was used before or is too old. Start the server again, or run “entrepot token”.")
		return
	}
	token, expires, err := a.Issue(who)
	if err != nil {
		a.log.ErrorContext(r.Context(), "could not issue a token", "error", err)
		refuse(http.StatusInternalServerError, "INTERNAL", "Something went wrong on the server.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"token": token, "expiresAt": expires.UTC().Format(time.RFC3339)})
}
