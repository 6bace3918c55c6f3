package importer_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent/importrun"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/queue"
)

// patience is for what must happen; it is never waited for in full.
const patience = 60 * time.Second

// lobby is two organizations whose imports go through one real queue.
type lobby struct {
	t            testing.TB
	jobs         *queue.Queue
	first, other *world

	mu    sync.Mutex
	begun []begun
	// hold is called before an import of the first organization runs; nil lets it.
	hold func(ctx context.Context)
}

// begun is the begin of an import.
type begun struct {
	organization, id string
	at               time.Time
}

func newLobby(t testing.TB, db *database.DB, change ...func(*importer.Config)) *lobby {
	t.Helper()
	l := &lobby{t: t}
	var err error
	l.jobs, err = queue.New(queue.Config{
		DB: db, ListenURL: db.ListenURL(), ConcurrentImports: 2, Alone: db.Dialect() == dialect.SQLite,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	require.NoError(t, err)
	change = append(change, func(c *importer.Config) { c.Queue, c.Now = l.jobs, nil })
	l.first, l.other = newWorldOn(t, db, change...), newWorldOn(t, db, change...)
	t.Cleanup(func() { require.NoError(t, l.jobs.Stop(context.Background())) })
	return l
}

func (l *lobby) open() {
	l.t.Helper()
	require.NoError(l.t, l.jobs.Start(context.Background(), l, nobodyChecks{}))
}

type nobodyChecks struct{}

func (nobodyChecks) Check(context.Context, string, int64) error { return nil }

func (nobodyChecks) Erase(context.Context, string, []string) error { return nil }

func (nobodyChecks) Sweep(context.Context) (bool, error) { return false, nil }

// Run writes down who is run, and has the organization's importer run it.
func (l *lobby) Run(ctx context.Context, organizationID, importID string) error {
	w := l.other
	if organizationID == l.first.org {
		w = l.first
		if l.hold != nil {
			l.hold(ctx)
		}
	}
	l.mu.Lock()
	l.begun = append(l.begun, begun{organizationID, importID, time.Now()})
	l.mu.Unlock()
	return w.Run(ctx, organizationID, importID)
}

func (l *lobby) Recover(ctx context.Context, all bool) (int, error) {
	return l.first.Recover(ctx, all)
}

// of is what an organization has begun, in order.
func (l *lobby) of(w *world) (all []begun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.begun {
		if b.organization == w.org {
			all = append(all, b)
		}
	}
	return all
}

func (l *lobby) until(what func() bool, about string) {
	l.t.Helper()
	require.Eventually(l.t, what, patience, 2*time.Millisecond, about)
}

// waiting is how many of an organization's imports are PENDING.
func (w *world) waiting() (n int) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		n = w.db.Client().ImportRun.Query().Where(importrun.StatusEQ(definition.ImportPending)).CountX(ctx)
	})
	return n
}

func TestAThousandImportsOfOneDelayAnothersFirstByAFew(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		l := newLobby(t, db)
		history, id := l.first.upload(small), l.first.define(readings())
		for range 1000 {
			l.first.start(history, id)
		}
		theirs, theirID := l.other.upload(small), l.other.define(readings())
		l.open()
		l.until(func() bool { return len(l.of(l.first)) >= 20 }, "the thousand have not begun")
		before, at := len(l.of(l.first)), time.Now()
		run := l.other.start(theirs, theirID)
		l.until(func() bool { return len(l.of(l.other)) > 0 }, "the other's first has not begun")
		began := l.of(l.other)[0]
		passed := slices.IndexFunc(l.of(l.first), func(b begun) bool { return b.at.After(began.at) })
		if passed < 0 {
			passed = len(l.of(l.first))
		}
		t.Logf("begun %s after startImport; %d of the thousand began meanwhile", began.at.Sub(at), passed-before)
		require.Less(t, passed-before, 40, "a place behind all of them")
		l.until(func() bool { return l.other.get(run.ID).Status == definition.ImportCompleted }, "it has not ended")
		require.Greater(t, l.first.waiting(), 500)
	})
}

func TestLongImportsOfOneLeaveRoomForAnothers(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		l := newLobby(t, db)
		free, held := make(chan struct{}), make(chan struct{}, 20)
		l.hold = func(ctx context.Context) {
			held <- struct{}{}
			select {
			case <-free:
			case <-ctx.Done():
			}
		}
		history, id := l.first.upload(small), l.first.define(readings())
		var ids []string
		for range 12 {
			ids = append(ids, l.first.start(history, id).ID)
		}
		l.open()
		<-held
		<-held
		theirs, theirID := l.other.upload(small), l.other.define(readings())
		for range 3 {
			run, at := l.other.start(theirs, theirID), time.Now()
			l.until(func() bool { return l.other.get(run.ID).Status == definition.ImportCompleted }, "it waits for the long ones")
			t.Logf("ended %s after startImport, beside long imports of another organization", time.Since(at))
		}
		require.Empty(t, held, "more than two of one organization")
		require.Empty(t, l.of(l.first))
		close(free)
		l.until(func() bool { return l.first.waiting() == 0 }, "the others of the line")
		l.until(func() bool { return len(l.of(l.first)) == len(ids) }, "each runs")
		var order []string
		for _, b := range l.of(l.first) {
			order = append(order, b.id)
		}
		require.ElementsMatch(t, ids, order)
		for at, one := range order { // two are beside each other
			require.InDelta(t, slices.Index(ids, one), at, 2, "in the order of their start")
		}
	})
}
