package importer

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// maxPreviews is how many previews an organization has at a time in one process.
	maxPreviews = 2
	// previewWait is how long a further one waits for its turn.
	previewWait = 2 * time.Second
)

// ErrBusy says that the organization has as many previews under way as it may: the same may succeed a little later.
var ErrBusy = errors.New("too many previews at a time")

// slots counts what is under way, by organization. The zero value is ready.
type slots struct {
	mu sync.Mutex
	of map[string]*slot
}

// slot is one organization's: as many tokens as are under way, and how many hold or want one.
type slot struct {
	tokens chan struct{}
	users  int
}

// take waits for a slot, at most previewWait; then it is ErrBusy. release gives it back.
func (s *slots) take(ctx context.Context, organization string) (release func(), err error) {
	s.mu.Lock()
	if s.of == nil {
		s.of = make(map[string]*slot)
	}
	own := s.of[organization]
	if own == nil {
		own = &slot{tokens: make(chan struct{}, maxPreviews)}
		s.of[organization] = own
	}
	own.users++
	s.mu.Unlock()
	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(s.of, organization)
		}
	}
	wait := time.NewTimer(previewWait)
	defer wait.Stop()
	select {
	case own.tokens <- struct{}{}:
		return func() {
			<-own.tokens
			leave()
		}, nil
	case <-wait.C:
		leave()
		return nil, ErrBusy
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
