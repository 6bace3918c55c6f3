package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/lib/pq"
)

const (
	// gather is the least time between two notifications of this process.
	gather = 20 * time.Millisecond
	// pingEvery is how often a silent connection is asked whether it lives; answerWithin is how long an answer may take.
	pingEvery    = 5 * time.Second
	answerWithin = 10 * time.Second
	// A lost connection is tried again after firstBackoff, doubled up to mostBackoff.
	firstBackoff = 50 * time.Millisecond
	mostBackoff  = 2 * time.Second
	// lastWords is how long Close tries to tell what is left.
	lastWords = time.Second
)

var errLost = errors.New("the connection was lost")

// connection is one that listens. Its received closes when it is lost.
type connection struct {
	*pq.ListenerConn
	received chan *pq.Notification
}

// connect opens a connection and listens.
func connect(ctx context.Context, url string) (*connection, error) {
	type attempt struct {
		c   *connection
		err error
	}
	result := make(chan attempt, 1)
	go func() { // lib/pq takes no context here
		c, err := dial(url)
		result <- attempt{c, err}
	}()
	select {
	case a := <-result:
		return a.c, a.err
	case <-ctx.Done():
		go func() {
			if a := <-result; a.err == nil {
				a.c.close()
			}
		}()
		return nil, fmt.Errorf("listen: %w", ctx.Err())
	}
}

func dial(url string) (*connection, error) {
	received := make(chan *pq.Notification, 256)
	listener, err := pq.NewListenerConn(url, received)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &connection{listener, received}
	// A notification of its own is not worth waiting for the disk: it is not durable anyway.
	for _, statement := range []string{"SET synchronous_commit TO off", "LISTEN " + pq.QuoteIdentifier(channel)} {
		if err := c.exec(statement, answerWithin); err != nil {
			c.close()
			return nil, fmt.Errorf("listen: %w", err)
		}
	}
	return c, nil
}

// exec runs a statement and gives the connection up when it takes too long.
func (c *connection) exec(statement string, within time.Duration) error {
	timer := time.AfterFunc(within, func() { _ = c.Close() })
	defer timer.Stop()
	_, err := c.ExecSimpleQuery(statement)
	return err
}

// close ends the connection and forgets what was still received.
func (c *connection) close() {
	_ = c.Close()
	for range c.received { //nolint:revive // until it is closed
	}
}

// run keeps a connection until ctx ends, and wakes every subscription after each time without one, and regularly.
func (r *Relay) run(ctx context.Context, c *connection) {
	defer close(r.done)
	recheck := make(chan struct{})
	go func() {
		defer close(recheck)
		ticker := time.NewTicker(r.Recheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				r.Bus.WakeAll()
			}
		}
	}()
	defer func() { <-recheck }()
	for {
		err := r.serve(ctx, c)
		if ctx.Err() != nil {
			return
		}
		r.Logger.WarnContext(ctx, "changes of other replicas are not heard; connecting again", "error", err)
		if c = r.reconnect(ctx); c == nil {
			return
		}
		r.Logger.InfoContext(ctx, "changes of other replicas are heard again")
		r.Bus.WakeAll()
	}
}

// reconnect tries until it succeeds; nil when ctx ends before.
func (r *Relay) reconnect(ctx context.Context) *connection {
	for backoff := firstBackoff; ; backoff = min(2*backoff, mostBackoff) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff/2 + rand.N(backoff)): //nolint:gosec // replicas are not to come all at once
		}
		attempt, cancel := context.WithTimeout(ctx, answerWithin)
		c, err := connect(attempt, r.URL)
		cancel()
		if err == nil {
			return c
		}
		r.Logger.DebugContext(ctx, "changes of other replicas are still not heard", "error", err)
	}
}

// serve hears and tells until the connection is lost or ctx ends.
func (r *Relay) serve(ctx context.Context, c *connection) error {
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for n := range c.received {
			r.hear(ctx, n.Extra)
		}
	}()
	defer func() {
		_ = c.Close()
		<-heard
	}()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	if err := r.tell(c, answerWithin); err != nil { // what could not be told before
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return r.tell(c, lastWords)
		case <-heard:
			return errLost
		case <-ping.C:
			if err := c.exec("", answerWithin); err != nil {
				return err
			}
		case <-r.kick:
			if err := r.tell(c, answerWithin); err != nil {
				return err
			}
			select { // meanwhile the next ones gather
			case <-ctx.Done():
			case <-heard:
			case <-time.After(gather):
			}
		}
	}
}

// tell notifies the other replicas of what is pending, in one transaction.
func (r *Relay) tell(c *connection, within time.Duration) error {
	changes, missed := r.take()
	payloads := encode(r.origin, changes)
	if missed {
		payloads = append(payloads, encodeAll(r.origin))
	}
	if len(payloads) == 0 {
		return nil
	}
	for i, payload := range payloads {
		payloads[i] = pq.QuoteLiteral(payload)
	}
	err := c.exec("SELECT pg_notify("+pq.QuoteLiteral(channel)+", payload) FROM unnest(ARRAY["+
		strings.Join(payloads, ", ")+"]) payload", within)
	if err != nil {
		r.putBack(changes, missed)
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// hear publishes what another replica tells.
func (r *Relay) hear(ctx context.Context, payload string) {
	from, changes, all, err := decode(payload)
	switch {
	case err != nil:
		r.Logger.WarnContext(ctx, "a notification is not one of a replica; is another program using the channel?",
			"channel", channel, "error", err)
	case from == r.origin:
	case all:
		r.Bus.WakeAll()
	default:
		r.Bus.Publish(changes...)
	}
}
