package queue_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/queue"
)

// onEach runs a test with a queue on each kind of database.
func onEach(t *testing.T, f func(t *testing.T, b *bundle), options ...func(*queue.Config)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f(t, with(t, queue.Config{
			DB: db, ListenURL: db.ListenURL(), ConcurrentImports: 2, Alone: db.Dialect() == dialect.SQLite,
		}, options...))
	})
}

// change runs a statement past everything that the queue does.
func (b *bundle) change(t *testing.T, statement string) {
	t.Helper()
	_, err := testdb.Raw(t, b.db).ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func (b *bundle) enqueueFor(t testing.TB, organization string, importIDs ...string) {
	t.Helper()
	for _, id := range importIDs {
		require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
			return b.EnqueueImport(ctx, organization, id)
		}))
	}
}

func (b *bundle) turns(t testing.TB, where string) (n int) {
	t.Helper()
	require.NoError(t, testdb.Raw(t, b.db).QueryRowContext(t.Context(),
		"SELECT count(*) FROM import_turns WHERE "+where).Scan(&n))
	return n
}

func TestAnOrganizationHasAFewJobsAndTheOthersStandInLine(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		b.enqueueFor(t, "org-a", "imp-3", "imp-4", "imp-5", "imp-2", "imp-1")
		b.enqueueFor(t, "org-b", "imp-9")
		require.Equal(t, 3, b.count(t, "kind = 'import'"))
		require.Equal(t, 3, b.turns(t, "enqueued_at IS NULL"))

		ran, next := make(chan string), make(chan struct{})
		b.start(t, &work{run: func(_ context.Context, _, importID string) error {
			ran <- importID
			<-next
			return nil
		}})
		first := []string{receive(t, ran), receive(t, ran), receive(t, ran)}
		slices.Sort(first)
		require.Equal(t, []string{"imp-3", "imp-4", "imp-9"}, first, "another organization's does not wait")
		for range first {
			next <- struct{}{}
		}
		second := []string{receive(t, ran), receive(t, ran)}
		slices.Sort(second)
		require.Equal(t, []string{"imp-1", "imp-2"}, second, "the older first")
		next <- struct{}{}
		require.Equal(t, "imp-5", receive(t, ran))
		close(next)
		require.Eventually(t, func() bool { return b.turns(t, "1 = 1") == 0 }, soon, 5*time.Millisecond)
	})
}

func TestEachOfManyRunsOnceAndNoMoreThanTwoAtATime(t *testing.T) {
	t.Parallel()
	const imports = 120
	onEach(t, func(t *testing.T, b *bundle) {
		var ids []string
		for n := range imports {
			ids = append(ids, fmt.Sprintf("imp-%03d", n))
		}
		var (
			mu            sync.Mutex
			runs          []string
			running, most int
		)
		w := &work{run: func(_ context.Context, _, importID string) error {
			mu.Lock()
			runs = append(runs, importID)
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Millisecond) // so that ends meet
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		}}
		b.start(t, w)
		if b.db.Dialect() == dialect.Postgres { // another process beside it
			b.beside(t).start(t, w)
		}
		var all sync.WaitGroup
		for part := range slices.Chunk(ids, imports/4) {
			all.Go(func() { b.enqueueFor(t, organization, part...) })
		}
		all.Wait()
		require.Eventually(t, func() bool { return b.turns(t, "1 = 1") == 0 }, soon, 5*time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(runs)
		require.Equal(t, ids, runs)
		require.LessOrEqual(t, most, 2)
	})
}

func TestWhateverDiesNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	quick := func(c *queue.Config) { c.RecoverEvery = 10 * time.Millisecond }
	long := map[string]string{dialect.SQLite: "'2020-01-01 00:00:00'", dialect.Postgres: "'2020-01-01'"}
	for name, spoil := range map[string]func(t *testing.T, b *bundle){
		"the jobs are gone, before and behind": func(t *testing.T, b *bundle) {
			b.change(t, "DELETE FROM "+b.table())
			b.change(t, "UPDATE import_turns SET enqueued_at = "+long[b.db.Dialect()]+" WHERE enqueued_at IS NOT NULL")
		},
		"the jobs failed for the last time": func(t *testing.T, b *bundle) {
			now := map[string]string{dialect.SQLite: "datetime('now')", dialect.Postgres: "now()"}[b.db.Dialect()]
			b.change(t, "UPDATE "+b.table()+" SET state = 'discarded', finalized_at = "+now)
			b.change(t, "UPDATE import_turns SET enqueued_at = "+long[b.db.Dialect()]+" WHERE enqueued_at IS NOT NULL")
		},
		"nobody was told that a lane is free": func(t *testing.T, b *bundle) {
			b.change(t, "DELETE FROM "+b.table())
			b.change(t, "UPDATE import_turns SET enqueued_at = NULL")
		},
		"a process ended its imports and died before it left the line": func(t *testing.T, b *bundle) {
			if b.db.Dialect() == dialect.Postgres {
				b.change(t, "UPDATE "+b.table()+` SET state = 'running', attempt = 1, attempted_by = '{killed}',
					attempted_at = now() - interval '1 minute'`)
				return
			}
			b.change(t, "UPDATE "+b.table()+" SET state = 'running', attempt = 1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, b *bundle) {
				b.enqueueFor(t, organization, "imp-1", "imp-2", "imp-3", "imp-4", "imp-5")
				spoil(t, b)
				ran := make(chan string, 20)
				b.start(t, &work{run: func(_ context.Context, _, importID string) error {
					ran <- importID
					return nil
				}})
				seen := map[string]bool{}
				for len(seen) < 5 {
					seen[receive(t, ran)] = true
				}
				require.Eventually(t, func() bool { return b.turns(t, "1 = 1") == 0 }, soon, 5*time.Millisecond)
			}, quick)
		})
	}
}

func TestAnImportThatAnotherWorkerHasKeepsItsLane(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		b.enqueueFor(t, organization, "imp-1", "imp-2", "imp-3")
		at := "'2100-01-01 00:00:00'"
		b.change(t, "INSERT INTO import_leases (import_id, organization_id, attempt, worker, expires_at) "+
			"VALUES ('imp-1', 'org-a', 1, 'another', "+at+")")
		ran := make(chan string, 20)
		b.start(t, &work{run: func(_ context.Context, _, importID string) error {
			ran <- importID
			return nil
		}})
		seen := []string{receive(t, ran), receive(t, ran), receive(t, ran)}
		slices.Sort(seen)
		require.Equal(t, []string{"imp-1", "imp-2", "imp-3"}, seen)
		require.Eventually(t, func() bool { return b.turns(t, "1 = 1") == 1 }, soon, 5*time.Millisecond)
		require.Equal(t, 1, b.turns(t, "import_id = 'imp-1' AND enqueued_at IS NOT NULL"))
		// Its worker dies: the sweep that finds the lease expired has it enqueued again.
		b.change(t, "DELETE FROM import_leases")
		b.enqueueFor(t, organization, "imp-1")
		require.Equal(t, "imp-1", receive(t, ran))
		require.Eventually(t, func() bool { return b.turns(t, "1 = 1") == 0 }, soon, 5*time.Millisecond)
	})
}

func TestAPlaceInLineIsUndoneWithItsTransaction(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		require.ErrorIs(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
			for _, id := range []string{"imp-1", "imp-2", "imp-3"} {
				require.NoError(t, b.EnqueueImport(ctx, organization, id))
			}
			return context.Canceled
		}), context.Canceled)
		require.Zero(t, b.turns(t, "1 = 1"))
		require.Zero(t, b.count(t, "1 = 1"))
	})
}
