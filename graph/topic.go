package graph

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"entrepot/event"
	"entrepot/viewer"
)

// mostWaiting is how many entities' messages wait for a slow subscriber before it is sent away.
const mostWaiting = 1000

var errSlow = &codedError{codeLimit, "The connection is too slow for the changes: subscribe again with since."}

// topic executes the changes of one request once and hands the messages to all its subscribers.
type topic struct {
	live *live
	key  string
	req  request
	op   *graphql.OperationContext
	stop context.CancelFunc

	// subscribers is guarded by live.mu.
	subscribers map[*subscriber]struct{}
}

// join makes a subscriber of the topic, which begins with its first one.
func (l *live) join(ctx context.Context, op *graphql.OperationContext, req request) *subscriber {
	v, _ := viewer.FromContext(ctx)
	sub := &subscriber{ready: make(chan struct{}, 1), at: map[string]int{}}
	k, err := key(op, req, v.Scope())
	if err != nil {
		sub.err = err
		return sub
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.topics[k]
	if t == nil {
		// A topic outlives the connection that began it, and acts by the rights that all its subscribers share.
		scope := v.Scope()
		shared := viewer.NewContext(context.Background(), viewer.Viewer{
			OrganizationID: scope.OrganizationID, GroupID: scope.GroupID, Role: scope.Role,
		})
		t = &topic{live: l, key: k, req: req, op: op, subscribers: map[*subscriber]struct{}{}}
		shared, t.stop = context.WithCancel(shared)
		l.topics[k] = t
		changes := l.Bus.Subscribe(scope.OrganizationID, req.kind)
		go t.run(shared, changes)
	}
	t.subscribers[sub] = struct{}{}
	sub.topic = t
	return sub
}

// run executes what changes until the last subscriber has left.
func (t *topic) run(ctx context.Context, changes *event.Subscription) {
	defer changes.Close()
	due := map[string]time.Time{}
	told := map[string]time.Time{}
	revisions := map[string]int64{}
	looked := time.Now() // when everything was last known to have been heard
	var look time.Time   // when to look again; zero: not
	timer := time.NewTimer(0)
	<-timer.C
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes.Ready():
			for _, c := range changes.Take() {
				if c.ID == "" { // something may have been missed
					look = time.Now()
					continue
				}
				if t.req.id != "" && c.ID != t.req.id {
					continue
				}
				at := time.Time{}
				if c.Progress {
					at = told[c.ID].Add(progressInterval)
				}
				if planned, ok := due[c.ID]; !ok || at.Before(planned) {
					due[c.ID] = at
				}
			}
		case <-timer.C:
		}
		now := time.Now()
		next := time.Time{}
		if !look.IsZero() && !look.After(now) {
			ids, err := t.missed(ctx, looked.Add(-lookOverlap), revisions)
			for _, id := range ids {
				due[id] = time.Time{}
			}
			if look = (time.Time{}); err == nil {
				looked = now
			} else {
				look = now.Add(retryInterval)
			}
		}
		if !look.IsZero() {
			next = look
		}
		for id, at := range due {
			if at.After(now) {
				if next.IsZero() || at.Before(next) {
					next = at
				}
				continue
			}
			delete(due, id)
			m := t.live.execute(ctx, t.op, id)
			switch {
			case m.response != nil && m.revision == 0 && ctx.Err() == nil:
				due[id] = now.Add(retryInterval)
				if next.IsZero() || due[id].Before(next) {
					next = due[id]
				}
				continue
			case m.response == nil, m.revision <= revisions[id]:
				continue
			}
			told[id], revisions[id] = now, m.revision
			if m.final {
				delete(told, id)
			}
			t.tell(m)
		}
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

// missed is what has changed since then and has not been told.
func (t *topic) missed(ctx context.Context, since time.Time, told map[string]int64) (ids []string, err error) {
	err = t.live.DB.Read(ctx, func(ctx context.Context) error {
		found, err := t.live.revisions(ctx, t.req, since)
		for id, revision := range found {
			if revision > told[id] {
				ids = append(ids, id)
			}
		}
		return err
	})
	return ids, err
}

func (t *topic) tell(m message) {
	t.live.mu.Lock()
	defer t.live.mu.Unlock()
	for sub := range t.subscribers {
		sub.add(m)
	}
}

// subscriber is one client's place in a topic: the messages that it has not taken yet.
type subscriber struct {
	topic *topic

	mu      sync.Mutex
	waiting []message
	at      map[string]int // where the last waiting message of an entity is
	err     error
	ready   chan struct{}
}

// add never blocks: a newer message takes the place of a waiting one of the same entity and status.
func (s *subscriber) add(m message) {
	s.mu.Lock()
	if i, ok := s.at[m.id]; ok && s.waiting[i].status == m.status {
		s.waiting[i] = m
	} else if len(s.waiting) < mostWaiting {
		s.at[m.id] = len(s.waiting)
		s.waiting = append(s.waiting, m)
	} else {
		s.err = errSlow
	}
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// next waits for a message.
func (s *subscriber) next(ctx context.Context) (message, error) {
	for {
		s.mu.Lock()
		if s.err != nil {
			s.mu.Unlock()
			return message{}, s.err
		}
		if len(s.waiting) > 0 {
			m := s.waiting[0]
			s.waiting = s.waiting[1:]
			clear(s.at)
			for i, w := range s.waiting {
				s.at[w.id] = i
			}
			s.mu.Unlock()
			return m, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return message{}, ctx.Err()
		case <-s.ready:
		}
	}
}

// leave ends the subscription, and the topic with its last one. It may be called more than once.
func (s *subscriber) leave() {
	t := s.topic
	if t == nil {
		return
	}
	t.live.mu.Lock()
	defer t.live.mu.Unlock()
	delete(t.subscribers, s)
	if len(t.subscribers) == 0 && t.live.topics[t.key] == t {
		delete(t.live.topics, t.key)
		t.stop()
	}
}
