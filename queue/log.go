package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sameAgain is how long a message is not logged again.
const sameAgain = time.Minute

// sparing keeps River's talk about its own workings out of the log, and the repetitions of what it, or a sweep, says
// several times a second while the database is away.
type sparing struct {
	slog.Handler
	said *said
}

type said struct {
	mu sync.Mutex
	at map[string]time.Time // by message; there are few
}

// Enabled implements slog.Handler.
func (h *sparing) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *sparing) Handle(ctx context.Context, r slog.Record) error {
	h.said.mu.Lock()
	last, again := h.said.at[r.Message]
	again = again && r.Time.Sub(last) < sameAgain
	if !again {
		h.said.at[r.Message] = r.Time
	}
	h.said.mu.Unlock()
	if again {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *sparing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &sparing{h.Handler.WithAttrs(attrs), h.said}
}

// WithGroup implements slog.Handler.
func (h *sparing) WithGroup(name string) slog.Handler {
	return &sparing{h.Handler.WithGroup(name), h.said}
}
