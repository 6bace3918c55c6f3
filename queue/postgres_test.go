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
func replicated(t *testing.T) *bundle {
	t.Helper()
	config := queue.Config{ConcurrentImports: 2, RecoverEvery: time.Hour}
	config.DB = testdb.NewPostgres(t, testdb.With(func(c *database.Config) { config.ListenURL = c.URL }))
	return with(t, config)
}

// listeners counts the connections that listen, and ends them where that is wanted.
func (b *bundle) listeners(t *testing.T, end bool) (n int) {
	t.Helper()
	require.NoError(t, testdb.Raw(t, b.db).QueryRowContext(t.Context(), `
		SELECT count(*) FILTER (WHERE NOT $1 OR pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query = '')`,
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
	require.Eventually(t, func() bool { return works.listeners(t, false) == 0 }, soon, time.Millisecond,
		"the server sees a connection's end when it gets to it")
}

// aged makes running jobs look as if they had begun long ago.
func (b *bundle) aged(t *testing.T) {
	t.Helper()
	_, err := testdb.Raw(t, b.db).ExecContext(t.Context(),
		"UPDATE river.river_job SET attempted_at = now() - interval '1 minute' WHERE state = 'running'")
	require.NoError(t, err)
}

func TestWhatAKilledReplicaWasRunningIsWorkedByAnotherOne(t *testing.T) {
	t.Parallel()
	killed := replicated(t)
	killed.enqueue(t, "imp-1", "imp-2", "imp-3", "imp-4")
	_, err := testdb.Raw(t, killed.db).ExecContext(t.Context(),
		"UPDATE river.river_job SET state = 'running', attempt = 1, attempted_by = '{long ago,killed}', attempted_at = now()")
	require.NoError(t, err)
	ran, recovered := make(chan string, 10), make(chan bool, 10)
	b := killed.beside(t, func(c *queue.Config) { c.RecoverEvery = 10 * time.Millisecond })
	b.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}, recover: func(_ context.Context, all bool) error {
		recovered <- all
		return nil
	}})
	for range 5 {
		require.False(t, receive(t, recovered), "the others may be alive")
	}
	require.Empty(t, ran, "it may have lost its connection for a moment")
	go func() {
		for range recovered { // sweeps go on
		}
	}()
	b.aged(t)
	for range 4 {
		receive(t, ran)
	}
	require.NoError(t, b.Stop(t.Context()))
	close(recovered)
	require.Equal(t, 4, b.count(t, "state = 'completed'"))
	require.Contains(t, b.log.String(), "jobs=2")
}

func TestWhatALivingReplicaIsRunningIsLeftToIt(t *testing.T) {
	t.Parallel()
	lives := replicated(t)
	running, release := make(chan struct{}, 2), make(chan struct{})
	lives.start(t, &work{run: func(context.Context, string, string) error {
		running <- struct{}{}
		<-release
		return nil
	}})
	lives.enqueue(t, "imp-1")
	receive(t, running)
	lives.aged(t)

	sweeps := make(chan struct{})
	b := lives.beside(t, func(c *queue.Config) { c.RecoverEvery = 10 * time.Millisecond })
	b.start(t, &work{run: func(context.Context, string, string) error {
		running <- struct{}{}
		return nil
	}, recover: func(ctx context.Context, _ bool) error {
		select {
		case sweeps <- struct{}{}:
		case <-ctx.Done():
		}
		return nil
	}})
	for range 10 {
		receive(t, sweeps)
	}
	require.NoError(t, b.Stop(t.Context()))
	require.Empty(t, running)
	require.Empty(t, b.log.String())
	close(release)
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
