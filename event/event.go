// Package event tells that something changed: a bus inside the process (and, in event/postgres, between replicas). It
// carries ids, never rows: whoever hears of a change reads again under its own rights.
//
// Commands announce within their transaction and publish after its commit; subscriptions listen. It is a leaf that
// imports the standard library only.
package event

import (
	"context"
	"sync"
)

// Kind tells what changed.
type Kind int

// The kinds.
const (
	Import Kind = iota + 1
	UploadHistory
)

// Change says that one thing changed.
type Change struct {
	Kind           Kind
	OrganizationID string
	// ID is the global id. Empty says that changes may have been missed: whoever listens looks again at everything that
	// it watches.
	ID string
	// Progress marks a change of counts only, which may be shown late or not at all; a change of status is not.
	Progress bool
	// Final marks the last change of status, after which nothing more is to be expected: it must reach everybody.
	Final bool
}

// Bus hands changes to the subscriptions of their organization. The zero value is ready.
type Bus struct {
	mu   sync.RWMutex
	subs map[string]map[*Subscription]struct{}
}

// Publish tells every subscription. It never blocks, whatever its listeners do.
func (b *Bus) Publish(changes ...Change) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, c := range changes {
		for s := range b.subs[c.OrganizationID] {
			if s.kind == c.Kind {
				s.add(c)
			}
		}
	}
}

// Announce is told of changes in the open transaction that makes them, for publishers that must write something with
// them. A bus inside the process does nothing: Publish follows the commit, or the process is gone.
func (*Bus) Announce(context.Context, ...Change) error { return nil }

// WakeAll makes every subscription look again at what it watches, with a change that has no ID. It is for whoever may
// have missed changes.
func (b *Bus) WakeAll() {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for organizationID, subs := range b.subs {
		for s := range subs {
			s.add(Change{Kind: s.kind, OrganizationID: organizationID})
		}
	}
}

// Subscribe listens to one kind of change in one organization until Close.
func (b *Bus) Subscribe(organizationID string, kind Kind) *Subscription {
	s := &Subscription{
		bus: b, organizationID: organizationID, kind: kind,
		at: map[string]int{}, ready: make(chan struct{}, 1),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[string]map[*Subscription]struct{}{}
	}
	if b.subs[organizationID] == nil {
		b.subs[organizationID] = map[*Subscription]struct{}{}
	}
	b.subs[organizationID][s] = struct{}{}
	return s
}

// Subscription collects changes until they are taken. Changes of one thing that nobody took yet become one, so that it holds
// at most as many as there are things that changed.
type Subscription struct {
	bus            *Bus
	organizationID string
	kind           Kind

	mu      sync.Mutex
	pending []Change
	at      map[string]int
	ready   chan struct{}
}

func (s *Subscription) add(c Change) {
	s.mu.Lock()
	if i, ok := s.at[c.ID]; ok {
		s.pending[i].Progress = s.pending[i].Progress && c.Progress
		s.pending[i].Final = s.pending[i].Final || c.Final
	} else {
		s.at[c.ID] = len(s.pending)
		s.pending = append(s.pending, c)
	}
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Ready receives when Take has something to give.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Take gives what changed since the last call, in the order of the first change of each; nil when nothing did.
func (s *Subscription) Take() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes := s.pending
	s.pending = nil
	clear(s.at)
	return changes
}

// Next waits for changes and takes them. It returns the context's error when that ends first.
func (s *Subscription) Next(ctx context.Context) ([]Change, error) {
	for {
		if changes := s.Take(); len(changes) > 0 {
			return changes, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.ready:
		}
	}
}

// Close stops listening. It may be called more than once.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	delete(s.bus.subs[s.organizationID], s)
	if len(s.bus.subs[s.organizationID]) == 0 {
		delete(s.bus.subs, s.organizationID)
	}
}
