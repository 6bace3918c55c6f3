package graph

import (
	"context"
	"sync"
	"time"

	"entrepot/viewer"
)

const (
	// rightsInterval is how often the rights behind open connections are read again.
	rightsInterval = 3 * time.Second
	// rightsWithin bounds one reading.
	rightsWithin = 10 * time.Second
)

// rights ends connections whose viewers' rights have ended or changed: sockets, whose operations all act by the rights of
// their opening, and streams. They are read from the database, all at once, rather than told by whoever changes
// them: that way it does not matter how, or at which replica, they are taken away.
type rights struct {
	*Config

	mu   sync.Mutex
	open map[*holder]struct{}
	stop context.CancelFunc // ends the reading, which goes on while anything is open
}

// holder is an open connection.
type holder struct {
	viewer viewer.Viewer
	end    func(now viewer.Viewer)
}

func newRights(c *Config) *rights { return &rights{Config: c, open: map[*holder]struct{}{}} }

// watch calls end when v's rights are no longer what they were, with what they are; the zero Viewer has none. It may call
// it more than once, until ctx is done.
func (r *rights) watch(ctx context.Context, v viewer.Viewer, end func(now viewer.Viewer)) {
	h := &holder{v, end}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[h] = struct{}{}
	if len(r.open) == 1 {
		var reading context.Context
		reading, r.stop = context.WithCancel(context.Background())
		go r.run(reading)
	}
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, h)
		if len(r.open) == 0 {
			r.stop()
		}
	})
}

// run reads until the last connection has gone.
func (r *rights) run(ctx context.Context) {
	tick := time.NewTicker(r.RightsInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.read(ctx); err != nil && ctx.Err() == nil {
			// Without the database nobody is shown anything either.
			r.Logger.WarnContext(ctx, "could not read the rights behind open connections", "error", err)
		}
	}
}

// read compares everybody's rights with what they were.
func (r *rights) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rightsWithin)
	defer cancel()
	for organization, holders := range r.holders() {
		before := make([]viewer.Viewer, 0, len(holders))
		for v := range holders {
			before = append(before, v)
		}
		now, err := r.Renewed(ctx, organization, before)
		if err != nil {
			return err
		}
		for i, v := range before {
			if now[i].Scope() == v.Scope() {
				continue
			}
			for _, h := range holders[v] {
				h.end(now[i])
			}
		}
	}
	return nil
}

// holders are the open connections by organization and viewer.
func (r *rights) holders() map[string]map[viewer.Viewer][]*holder {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]map[viewer.Viewer][]*holder{}
	for h := range r.open {
		of := all[h.viewer.OrganizationID]
		if of == nil {
			of = map[viewer.Viewer][]*holder{}
			all[h.viewer.OrganizationID] = of
		}
		of[h.viewer] = append(of[h.viewer], h)
	}
	return all
}
