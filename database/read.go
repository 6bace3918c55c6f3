package database

import (
	"context"
	"sync"
)

// Read runs f with one read-only state of the database. Where the context has an open session, f reads in that: inside a
// Do it sees what the Do has written.
func (d *DB) Read(ctx context.Context, f func(ctx context.Context) error) error {
	if s := current(ctx); s != nil && s.db == d {
		return f(context.WithValue(ctx, sessionKey{}, s))
	}
	ctx, end := d.Snapshot(ctx)
	defer end()
	return f(ctx)
}

// Snapshot gives the context one read-only state of the database: the one that its first statement finds. Any number of
// goroutines may read in it, one statement at a time. The returned function ends it and may be called again; so does
// the end of the context that Snapshot was given, whose error statements have from then on. A snapshot holds a connection
// of the readers' pool from its first statement on: end it soon. Inside a Do, Snapshot is that Do's transaction.
func (d *DB) Snapshot(ctx context.Context) (context.Context, func()) {
	if s := current(ctx); s != nil && s.db == d && s.write {
		return context.WithValue(ctx, sessionKey{}, s), func() {}
	}
	s := newSession(d, false, d.beginRead)
	var once sync.Once
	end := func(why error) {
		once.Do(func() {
			s.end(why)
			_ = s.finish(false)
			<-s.turn
		})
	}
	stop := context.AfterFunc(ctx, func() { end(ctx.Err()) })
	return context.WithValue(ctx, sessionKey{}, s), func() {
		stop()
		end(ErrSessionOver)
	}
}
