package rest

import (
	"net/http"
	"sync"

	"entrepot/viewer"
)

// turnstile counts the requests of each viewer that are being answered, and lets no more than so many through: one
// viewer's flood neither fills the memory nor keeps the others' requests from the database.
type turnstile struct {
	most int

	mu     sync.Mutex
	inside map[string]int
}

func newTurnstile(most int) *turnstile { return &turnstile{most: most, inside: map[string]int{}} }

// limit answers 429 to what is too much. It comes behind signedIn.
func (t *turnstile) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := viewer.FromContext(r.Context())
		who := v.OrganizationID + " " + v.UserID
		if !t.enter(who) {
			w.Header().Set("Retry-After", "1")
			writeProblem(w, &Problem{
				status: http.StatusTooManyRequests, Message: "Too many of your requests are under way. Wait for some of them.",
			})
			return
		}
		defer t.leave(who)
		next.ServeHTTP(w, r)
	})
}

func (t *turnstile) enter(who string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[who] >= t.most {
		return false
	}
	t.inside[who]++
	return true
}

func (t *turnstile) leave(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[who]--; t.inside[who] == 0 {
		delete(t.inside, who)
	}
}
