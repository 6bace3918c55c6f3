package auth

import (
	"context"
	"sync"
	"time"

	"entrepot/ent"
	"entrepot/ent/apitoken"
	"entrepot/viewer"
)

const (
	// useEvery is how often the last use of a token is written down at most.
	useEvery = time.Minute
	// useWithin bounds the write, and usesAtOnce the writes: a database in trouble is not to collect them.
	useWithin  = 5 * time.Second
	usesAtOnce = 8
)

// uses are the writes of last uses that are under way.
type uses struct {
	writing sync.WaitGroup

	mu     sync.Mutex
	busy   int
	closed bool
	tried  map[string]time.Time // when each token's use was last to be written, for those of the last minute
}

// begin tells whether the use of a token is to be written now; who may do so calls end afterwards.
func (u *uses) begin(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, known := u.tried[id]; u.closed || u.busy >= usesAtOnce || known && now.Sub(at) < useEvery {
		return false
	}
	for other, at := range u.tried {
		if now.Sub(at) >= useEvery {
			delete(u.tried, other)
		}
	}
	if u.tried == nil {
		u.tried = map[string]time.Time{}
	}
	u.tried[id] = now
	u.busy++
	u.writing.Add(1)
	return true
}

func (u *uses) end() {
	u.mu.Lock()
	u.busy--
	u.mu.Unlock()
	u.writing.Done()
}

// used writes down, about once a minute, that a token came with a request, which neither waits for it nor fails with it.
func (a *Authenticator) used(t *ent.APIToken) {
	now := milliseconds(a.now())
	if t.LastUsedAt != nil && now.Sub(*t.LastUsedAt) < useEvery || !a.uses.begin(t.ID, now) {
		return
	}
	go func() {
		defer a.uses.end()
		ctx, cancel := context.WithTimeout(context.Background(), useWithin)
		defer cancel()
		ctx = viewer.NewContext(ctx, viewer.Worker("auth", t.OrganizationID))
		err := a.db.Do(ctx, "use API token", func(ctx context.Context) error {
			// Another replica may have been faster.
			return a.db.Client().APIToken.Update().
				Where(apitoken.ID(t.ID), apitoken.Or(
					apitoken.LastUsedAtIsNil(), apitoken.LastUsedAtLTE(now.Add(-useEvery)),
				)).SetLastUsedAt(now).Exec(ctx)
		})
		if err != nil {
			a.log.WarnContext(ctx, "could not write down the use of an API token", "token", t.ID, "error", err)
		}
	}()
}

// Close waits for what is being written down about the use of tokens, a few seconds at most. It is called when requests
// have ended, before the database is closed. Signing in goes on working; nothing is written down about it any more.
func (a *Authenticator) Close() {
	a.uses.mu.Lock()
	a.uses.closed = true
	a.uses.mu.Unlock()
	a.uses.writing.Wait()
}
