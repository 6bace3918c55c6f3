package rest

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// readyTimeout is how long the database has to answer.
const readyTimeout = 2 * time.Second

// health answers to whoever decides whether the server is restarted (alive) and whether it gets requests (ready).
type health struct {
	db   Pinger
	log  *slog.Logger
	away atomic.Bool // the last answer of ready was no
}

func (h *health) alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready asks the database. It logs when its answer changes, not each time that it is asked.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	err := h.db.Ping(ctx)
	switch away := err != nil; {
	case r.Context().Err() != nil: // nobody waits for the answer, and it says nothing about the database
		return
	case h.away.Swap(away) == away:
	case away:
		h.log.ErrorContext(ctx, "database does not answer", "error", err)
	default:
		h.log.InfoContext(ctx, "database answers again")
	}
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.Header().Set("Retry-After", retryAfter)
		writeProblem(w, &Problem{status: http.StatusServiceUnavailable, Message: "The database does not answer."})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}
