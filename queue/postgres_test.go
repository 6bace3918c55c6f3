package queue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/queue"
)

// replicated makes a queue on PostgreSQL that has others beside it.
func replicated(t testing.TB) *bundle {
	t.Helper()
	config := queue.Config{ConcurrentImports: 2, RecoverEvery: time.Hour}
	config.DB = testdb.NewPostgres(t, testdb.With(func(c *database.Config) { config.ListenURL = c.URL }))
	return with(t, config)
}

// listeners counts the connections that listen, and ends them where that is wanted.
func (b *bundle) listeners(t testing.TB, end bool) (n int) {
	t.Helper()
	require.NoError(t, testdb.Raw(t, b.db).QueryRowContext(t.Context(), `SELECT count(*) FILTER (WHERE NOT $1 OR pg_terminate_backend(pid))
		FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query = '')`,
		end).Scan(&n))
	return n
}

func TestEachJobIsWorkedByOneReplica(t *testing.T) {
	t.Parallel()
	a := replicated(t)
	b := a.beside(t)
	const jobs = 60
	var mu sync.Mutex
	ran, by := map[string]int{}, map[string]int{}
	done := make(chan struct{}, 2*jobs)
	work := func(name string) *work {
		return &work{run: func(_ context.Context, _, importID string) error {
			mu.Lock()
			ran[importID]++
			by[name]++
			mu.Unlock()
			time.Sleep(time.Millisecond) // so that the other one gets some
			done <- struct{}{}
			return nil
		}}
	}
	a.start(t, work("a"))
	b.start(t, work("b"))
	for n := range jobs {
		a.enqueue(t, fmt.Sprint("imp-", n))
	}
	for range jobs {
		receive(t, done)
	}
	require.NoError(t, a.Stop(t.Context()))
	require.NoError(t, b.Stop(t.Context()))
	require.Len(t, ran, jobs)
	for id, times := range ran {
		require.Equal(t, 1, times, id)
	}
	require.Len(t, by, 2, "both work")
	require.Equal(t, jobs, a.count(t, "state = 'completed'"))
}

func TestAReplicaHearsOfAnothersJobsOverOneConnection(t *testing.T) {
	t.Parallel()
	enqueues := replicated(t) // never started: it only enqueues
	works := enqueues.beside(t)
	ran := make(chan string, 10)
	works.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}})
	require.Eventually(t, func() bool { return works.listeners(t, false) == 1 }, soon, time.Millisecond)
	// Polling takes a quarter of a second on average. The fastest of ten is heard of.
	fastest := time.Hour
	for n := range 10 {
		enqueues.enqueue(t, fmt.Sprint("imp-", n))
		committed := time.Now()
		require.Equal(t, fmt.Sprint("imp-", n), receive(t, ran))
		fastest = min(fastest, time.Since(committed))
		time.Sleep(10 * time.Millisecond)
	}
	require.Less(t, fastest, 100*time.Millisecond)

	// A lost connection costs time, no job, and comes back.
	require.Equal(t, 1, works.listeners(t, true))
	enqueues.enqueue(t, "imp-meanwhile")
	require.Equal(t, "imp-meanwhile", receive(t, ran))
	require.Eventually(t, func() bool { return works.listeners(t, false) == 1 }, soon, time.Millisecond)
	enqueues.enqueue(t, "imp-after")
	require.Equal(t, "imp-after", receive(t, ran))
	require.NoError(t, works.Stop(t.Context()))
	require.Zero(t, works.listeners(t, false))
}

func TestWhatAKilledReplicaWasRunningIsNoHindrance(t *testing.T) {
	t.Parallel()
	b := replicated(t)
	b.enqueue(t, "imp-1", "imp-2", "imp-3", "imp-4")
	_, err := testdb.Raw(t, b.db).ExecContext(t.Context(),
		"UPDATE river.river_job SET state = 'running', attempt = 1, attempted_by = '{killed}', attempted_at = now()")
	require.NoError(t, err)
	ran, recovered := make(chan string, 10), make(chan bool, 1)
	b.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}, recover: func(_ context.Context, all bool) error {
		recovered <- all
		return nil
	}})
	require.False(t, receive(t, recovered), "the others may be alive")
	b.enqueue(t, "imp-1", "imp-2", "imp-3", "imp-4") // as Recover does when their leases have expired
	for range 4 {
		receive(t, ran)
	}
	require.Empty(t, ran)
	require.NoError(t, b.Stop(t.Context()))
	require.Equal(t, 4, b.count(t, "state = 'running'"))

	// After a day River takes them for dead, and they end as what they are by then: nothing to do.
	_, err = testdb.Raw(t, b.db).ExecContext(t.Context(),
		"UPDATE river.river_job SET attempted_at = now() - interval '25 hours' WHERE state = 'running'")
	require.NoError(t, err)
	next := b.beside(t)
	next.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}})
	for range 4 {
		receive(t, ran)
	}
	require.NoError(t, next.Stop(t.Context()))
	require.Equal(t, 8, b.count(t, "state = 'completed'"))
}

func TestPostgreSQLNeedsAURLToListenAt(t *testing.T) {
	t.Parallel()
	b := replicated(t)
	c := b.config
	c.ListenURL = ""
	_, err := queue.New(c)
	require.ErrorContains(t, err, "the URL to listen at is missing")
	c.ListenURL = "postgres://127.0.0.1:1/nowhere?sslmode=disable&connect_timeout=1"
	q, err := queue.New(c)
	require.NoError(t, err)
	w := &work{}
	require.ErrorContains(t, q.Start(t.Context(), w, w), "connect")
}
