// Package postgres carries changes between the replicas of a server, over PostgreSQL's LISTEN and NOTIFY. It carries ids,
// never rows, in batches below the 8,000 bytes that a notification may have.
//
// importer and upload publish through a Relay instead of the bus; subscriptions go on listening to their process's bus.
// Commits that notify are serialised by PostgreSQL, so only final states are announced in their transactions, where no
// crash can lose them; everything else follows its commit, gathered into one notification per 20 milliseconds.
//
// It promises that nobody misses a final state: after a time without connection every subscription looks again, and at
// long intervals in any case. It holds one connection, which must be to the server itself: a pooler that hands
// connections out per transaction does not pass notifications on. It may import event, and lib/pq.
package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entrepot/event"
)

// channel is what replicas listen to. Each database of a PostgreSQL server has its own.
const channel = "entrepot_event"

const (
	defaultRecheck = 30 * time.Second
	// mostPending is how many things may have changed that could not be told yet; beyond it the other replicas are told
	// to look again at everything.
	mostPending = 10_000
)

// Transactions runs statements in the transaction that is open in ctx; *database.DB does.
type Transactions interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Config says between what to relay. URL, DB, Bus and Logger are required.
type Config struct {
	// URL names the database, as lib/pq reads it.
	URL string
	// DB is the same database, for what is announced in transactions.
	DB Transactions
	// Bus is this process's; what other replicas tell is published on it.
	Bus *event.Bus
	// Recheck is the time between two calls of Bus.WakeAll, whatever happens; 0 is 30 seconds.
	Recheck time.Duration
	Logger  *slog.Logger
}

// Relay publishes changes on the bus of this process and tells them to the other replicas, whose changes it publishes
// too. Its methods may be called from any goroutine.
type Relay struct {
	Config
	origin string // who sends: its own notifications are not news

	mu      sync.Mutex
	pending []event.Change
	at      map[event.Change]int // where a change is in pending, by kind, organization and id
	missed  bool                 // more has changed than pending holds

	kick chan struct{} // receives when there is something to tell
	stop context.CancelFunc
	done chan struct{}
}

// Open connects and listens until Close. Its error names everything that is wrong with the configuration, or says why
// there is no connection; once there was one, the Relay goes on trying.
func Open(ctx context.Context, c Config) (*Relay, error) {
	var problems []error
	for _, required := range []struct {
		name string
		set  bool
	}{{"URL", c.URL != ""}, {"DB", c.DB != nil}, {"Bus", c.Bus != nil}, {"Logger", c.Logger != nil}} {
		if !required.set {
			problems = append(problems, errors.New("Config."+required.name+" is missing"))
		}
	}
	if c.Recheck < 0 {
		problems = append(problems, fmt.Errorf("Config.Recheck is %s; it must not be negative", c.Recheck))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("open event relay: %w", err)
	}
	if c.Recheck == 0 {
		c.Recheck = defaultRecheck
	}
	r := &Relay{
		Config: c, origin: rand.Text(), at: map[event.Change]int{},
		kick: make(chan struct{}, 1), done: make(chan struct{}),
	}
	first, err := connect(ctx, c.URL)
	if err != nil {
		return nil, fmt.Errorf("open event relay: %w", err)
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	go r.run(ctx, first)
	return r, nil
}

// Close tells what is left to tell, if there is a connection, and ends. It may be called more than once.
func (r *Relay) Close() error {
	r.stop()
	<-r.done
	return nil
}

// Announce tells the other replicas of changes when the transaction that is open in ctx commits, and never if it does
// not: the notification is part of the transaction. Publish is to follow, for this process.
func (r *Relay) Announce(ctx context.Context, changes ...event.Change) error {
	for _, payload := range encode(r.origin, changes) {
		if _, err := r.DB.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, payload); err != nil {
			return err
		}
	}
	return nil
}

// Publish tells this process at once, and the other replicas soon of what is not final; of that Announce has told. It
// never blocks.
func (r *Relay) Publish(changes ...event.Change) {
	r.Bus.Publish(changes...)
	r.mu.Lock()
	for _, c := range changes {
		if !c.Final {
			r.add(c)
		}
	}
	r.mu.Unlock()
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// add makes one of changes of the same thing.
func (r *Relay) add(c event.Change) {
	key := event.Change{Kind: c.Kind, OrganizationID: c.OrganizationID, ID: c.ID}
	if i, ok := r.at[key]; ok {
		r.pending[i].Progress = r.pending[i].Progress && c.Progress
		return
	}
	if len(r.pending) >= mostPending {
		r.pending, r.missed = nil, true
		clear(r.at)
	}
	if !r.missed {
		r.at[key] = len(r.pending)
		r.pending = append(r.pending, c)
	}
}

// take gives what is to be told.
func (r *Relay) take() (changes []event.Change, missed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changes, missed = r.pending, r.missed
	r.pending, r.missed = nil, false
	clear(r.at)
	return changes, missed
}

// putBack returns what take gave and could not be told.
func (r *Relay) putBack(changes []event.Change, missed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missed = r.missed || missed
	for _, c := range changes {
		r.add(c)
	}
}
