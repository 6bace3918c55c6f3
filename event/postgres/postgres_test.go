package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"entrepot/event"
	"entrepot/event/postgres"
	"entrepot/internal/pgserver"
)

const soon = 20 * time.Second // for what must happen; never waited for in full

// server is the one of this test process; it ends with it.
var server = sync.OnceValues(func() (*pgserver.Server, error) { return pgserver.Start(context.Background()) })

var databases atomic.Int64

// house is a database with two replicas on it, as far as events go.
type house struct {
	t         *testing.T
	url, name string
	pool      *sql.DB
	log       *lines
}

type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s, err := server()
	require.NoError(t, err)
	h := &house{t: t, name: fmt.Sprintf("event%d", databases.Add(1)), log: &lines{}}
	admin, err := sql.Open("postgres", s.URL(pgserver.Superuser, "postgres"))
	require.NoError(t, err)
	defer admin.Close()
	_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+h.name)
	require.NoError(t, err)
	h.url = s.URL(pgserver.Superuser, h.name)
	h.pool, err = sql.Open("postgres", h.url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.pool.Close() })
	return h
}

// replica is a bus with its relay.
type replica struct {
	*postgres.Relay
	bus *event.Bus
}

func (h *house) replica(change ...func(*postgres.Config)) *replica {
	h.t.Helper()
	c := postgres.Config{
		URL: h.url, DB: transactions{}, Bus: &event.Bus{}, Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	relay, err := postgres.Open(h.t.Context(), c)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, relay.Close()) })
	return &replica{relay, c.Bus}
}

type txKey struct{}

// transactions finds the transaction in the context.
type transactions struct{}

func (transactions) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return ctx.Value(txKey{}).(*sql.Tx).ExecContext(ctx, query, args...)
}

// do runs f in a transaction.
func (h *house) do(f func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := h.pool.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := f(context.WithValue(context.Background(), txKey{}, tx), tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// disconnect ends the connections that listen, as a restart of the server would.
func (h *house) disconnect() (n int) {
	h.t.Helper()
	require.NoError(h.t, h.pool.QueryRowContext(context.Background(), `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = $1 AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%payload%' OR query = '')`,
		h.name).Scan(&n))
	return n
}

func change(n int) event.Change {
	return event.Change{Kind: event.Import, OrganizationID: "org-a", ID: fmt.Sprintf("imp-%08d", n)}
}

// collect takes changes until there are as many as wanted.
func collect(t *testing.T, s *event.Subscription, n int) (all []event.Change) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for len(all) < n {
		changes, err := s.Next(ctx)
		require.NoError(t, err, "after %d changes", len(all))
		all = append(all, changes...)
	}
	return all
}

func TestAChangeIsHeardOnceAtEveryReplicaInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.replica(), h.replica()
	atA, atB := a.bus.Subscribe("org-a", event.Import), b.bus.Subscribe("org-a", event.Import)
	other, uploads := b.bus.Subscribe("org-b", event.Import), b.bus.Subscribe("org-a", event.UploadHistory)

	progress := change(3)
	progress.Progress = true
	want := []event.Change{change(1), change(2), progress}
	a.Publish(want...)
	require.Equal(t, want, atA.Take(), "at once in its own process")
	require.Equal(t, want, collect(t, atB, 3))

	// What comes back proves that the echo of the first three was dropped: notifications arrive in order.
	b.Publish(change(4))
	require.Equal(t, []event.Change{change(4)}, collect(t, atA, 1))
	require.Equal(t, []event.Change{change(4)}, atB.Take())
	require.Empty(t, other.Take())
	require.Empty(t, uploads.Take())
	require.Empty(t, h.log.String())
}

func TestAnAnnouncementIsPartOfItsTransaction(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.replica(), h.replica()
	atB := b.bus.Subscribe("org-a", event.Import)
	final := change(1)
	final.Final = true
	require.NoError(t, h.do(func(ctx context.Context, _ *sql.Tx) error {
		require.NoError(t, a.Announce(ctx, final))
		a.Publish(change(2)) // committed before
		require.Equal(t, []event.Change{change(2)}, collect(t, atB, 1))
		return nil
	}))
	// The process may die here, before Publish.
	require.Equal(t, []event.Change{final}, collect(t, atB, 1))

	a.Publish(final) // is not told twice
	require.ErrorContains(t, h.do(func(ctx context.Context, tx *sql.Tx) error {
		require.NoError(t, a.Announce(ctx, change(3)))
		_, err := tx.ExecContext(ctx, "SELECT 1/0")
		return err
	}), "division by zero")
	a.Publish(change(4))
	require.Equal(t, []event.Change{change(4)}, collect(t, atB, 1), "nothing of what was rolled back")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.Error(t, h.do(func(tx context.Context, _ *sql.Tx) error {
		ctx := context.WithValue(ctx, txKey{}, tx.Value(txKey{}))
		cancel()
		return a.Announce(ctx, final)
	}), "a transaction that cannot announce fails")
}

// TestNobodyMissesAFinalState kills the connections over and over while things end, and gives the one that listens
// nothing else to go by.
func TestNobodyMissesAFinalState(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.pool.ExecContext(t.Context(), "CREATE TABLE things (id text PRIMARY KEY)")
	require.NoError(t, err)
	rarely := func(c *postgres.Config) { c.Recheck = time.Hour }
	a, b := h.replica(rarely), h.replica(rarely)
	atB := b.bus.Subscribe("org-a", event.Import)

	look := func(ctx context.Context, id string, ended map[string]bool) {
		rows, err := h.pool.QueryContext(ctx, "SELECT id FROM things WHERE $1 IN (id, '')", id)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var id string
			require.NoError(t, rows.Scan(&id))
			ended[id] = true
		}
		require.NoError(t, rows.Err())
	}
	const things = 200
	go func() {
		for n := range things {
			final := change(n)
			final.Final = true
			a.Publish(change(n))
			if err := h.do(func(ctx context.Context, tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO things VALUES ($1)", final.ID); err != nil {
					return err
				}
				return a.Announce(ctx, final)
			}); err != nil {
				panic(err)
			}
			a.Publish(final)
			if n%20 == 19 {
				h.disconnect()
			}
		}
	}()
	ended := map[string]bool{}
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	for len(ended) < things {
		changes, err := atB.Next(ctx)
		require.NoError(t, err, "%d of %d have ended", len(ended), things)
		for _, c := range changes {
			look(ctx, c.ID, ended)
		}
	}
}

func TestALostConnectionWakesEverybodyAndWhatWasPendingIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.replica(), h.replica()
	atA, atB := a.bus.Subscribe("org-a", event.Import), b.bus.Subscribe("org-b", event.UploadHistory)
	news := b.bus.Subscribe("org-a", event.Import)
	require.Equal(t, 2, h.disconnect())
	require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: "org-a"}}, collect(t, atA, 1))
	require.Equal(t, []event.Change{{Kind: event.UploadHistory, OrganizationID: "org-b"}}, collect(t, atB, 1))
	require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: "org-a"}}, collect(t, news, 1))
	a.Publish(change(1))
	require.Equal(t, []event.Change{change(1)}, collect(t, news, 1))
	require.Contains(t, h.log.String(), "not heard")
	require.Contains(t, h.log.String(), "heard again")
}

// listen counts notifications as they are.
func (h *house) listen() <-chan *pq.Notification {
	h.t.Helper()
	notifications := make(chan *pq.Notification, 10_000)
	c, err := pq.NewListenerConn(h.url, notifications)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = c.Close() })
	_, err = c.Listen("entrepot_event")
	require.NoError(h.t, err)
	return notifications
}

func TestAFloodOfProgressIsGathered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := h.listen()
	a, b := h.replica(), h.replica()
	atB := b.bus.Subscribe("org-a", event.Import)
	began := time.Now()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2500 {
				c := change(g*5 + i%5)
				c.Progress = true
				a.Publish(c)
			}
		})
	}
	wg.Wait()
	last := change(99)
	a.Publish(last)
	heard := map[string]bool{}
	for !heard[last.ID] {
		for _, c := range collect(t, atB, 1) {
			heard[c.ID] = true
			require.Equal(t, c.ID != last.ID, c.Progress)
		}
	}
	require.Len(t, heard, 21)
	most := int(time.Since(began)/(20*time.Millisecond)) + 2
	require.LessOrEqual(t, len(raw), most, "10,000 changes in %s", time.Since(began))
}

func TestNotificationsStayBelowPostgreSQLsLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := h.listen()
	a, b := h.replica(), h.replica()
	atB := b.bus.Subscribe("org-a", event.Import)
	var all []event.Change
	for n := range 3000 {
		c := change(n)
		c.ID += strings.Repeat("\"é\n", n%7)
		all = append(all, c)
	}
	a.Publish(all...)
	require.Equal(t, all, collect(t, atB, len(all)))
	require.NoError(t, h.do(func(ctx context.Context, _ *sql.Tx) error { return a.Announce(ctx, all...) }))
	require.Equal(t, all, collect(t, atB, len(all)))
	for range len(raw) {
		require.Less(t, len((<-raw).Extra), 8000)
	}

	// What fits into no notification, or is too much to be kept, makes everybody look at everything.
	everything := []event.Change{{Kind: event.Import, OrganizationID: "org-a"}}
	long := change(1)
	long.ID = strings.Repeat("x", 8000)
	a.Publish(long)
	require.Equal(t, everything, collect(t, atB, 1))
	var many []event.Change
	for n := range 10_001 {
		many = append(many, change(n))
	}
	a.Publish(many...)
	require.Equal(t, everything, collect(t, atB, 1))
}

func TestEverybodyLooksAgainRegularly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.replica(func(c *postgres.Config) { c.Recheck = time.Millisecond })
	s := a.bus.Subscribe("org-a", event.Import)
	for range 3 {
		require.Equal(t, []event.Change{{Kind: event.Import, OrganizationID: "org-a"}}, collect(t, s, 1))
	}
}

func TestANotificationOfSomebodyElseIsNoHarm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.replica(), h.replica()
	s := a.bus.Subscribe("org-a", event.Import)
	for _, payload := range []string{"", "hello", `{"from":1}`, "null", `{"from":"x","changes":[{"k":99}]}`} {
		_, err := h.pool.ExecContext(t.Context(), "SELECT pg_notify('entrepot_event', $1)", payload)
		require.NoError(t, err)
	}
	b.Publish(change(1))
	require.Equal(t, []event.Change{change(1)}, collect(t, s, 1))
	require.Contains(t, h.log.String(), "is another program using the channel?")
}

func TestCloseTellsWhatIsLeftAndEndsTheConnection(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.replica(), h.replica()
	s := b.bus.Subscribe("org-a", event.Import)
	for n := range 50 {
		a.Publish(change(n))
	}
	require.NoError(t, a.Close())
	require.NoError(t, a.Close(), "again")
	require.Len(t, collect(t, s, 50), 50)
	a.Publish(change(51))
	require.NoError(t, b.Close())
	require.Eventually(t, func() bool { return h.disconnect() == 0 }, soon, 10*time.Millisecond)
}

func TestOpenNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), postgres.Config{Recheck: -1})
	for _, want := range []string{"URL", "DB", "Bus", "Logger", "Recheck"} {
		require.ErrorContains(t, err, want)
	}
	h := newHouse(t)
	c := postgres.Config{
		URL: strings.Replace(h.url, h.name, "nowhere", 1), DB: transactions{}, Bus: &event.Bus{}, Logger: slog.Default(),
	}
	_, err = postgres.Open(t.Context(), c)
	require.ErrorContains(t, err, "nowhere")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = postgres.Open(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
}
