package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
	"entrepot/queue"
)

const (
	organization = "org-a"
	soon         = 20 * time.Second // for what must happen; never waited for in full
)

// work is a Runner and Checker whose jobs the test answers.
type work struct {
	run     func(ctx context.Context, organizationID, importID string) error
	check   func(ctx context.Context, organizationID string, historyID int64) error
	erase   func(ctx context.Context, organizationID string, keys []string) error
	sweep   func(ctx context.Context) (bool, error)
	recover func(ctx context.Context, all bool) error
}

func (w *work) Run(ctx context.Context, organizationID, importID string) error {
	return w.run(ctx, organizationID, importID)
}

func (w *work) Check(ctx context.Context, organizationID string, historyID int64) error {
	return w.check(ctx, organizationID, historyID)
}

func (w *work) Erase(ctx context.Context, organizationID string, keys []string) error {
	return w.erase(ctx, organizationID, keys)
}

func (w *work) Sweep(ctx context.Context) (bool, error) {
	if w.sweep == nil {
		return false, nil
	}
	return w.sweep(ctx)
}

func (w *work) Recover(ctx context.Context, all bool) (int, error) {
	if w.recover == nil {
		return 0, nil
	}
	return 1, w.recover(ctx, all)
}

type notYet time.Duration

func (n notYet) Error() string             { return "not yet" }
func (n notYet) RetryAfter() time.Duration { return time.Duration(n) }

type bundle struct {
	*queue.Queue
	db     *database.DB
	config queue.Config
	log    *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func setup(t testing.TB, options ...func(*queue.Config)) *bundle {
	t.Helper()
	config := queue.Config{
		ConcurrentImports: 2, Alone: true, RetryDelay: func(int) time.Duration { return time.Millisecond },
	}
	config.DB = testdb.New(t, testdb.With(func(c *database.Config) { config.ListenURL = c.URL }))
	return with(t, config, options...)
}

// beside is the queue of another process on the same database.
func (b *bundle) beside(t testing.TB, options ...func(*queue.Config)) *bundle {
	t.Helper()
	return with(t, b.config, options...)
}

func with(t testing.TB, config queue.Config, options ...func(*queue.Config)) *bundle {
	t.Helper()
	log := &lockedBuffer{}
	config.Logger = slog.New(slog.NewTextHandler(log, nil))
	for _, option := range options {
		option(&config)
	}
	q, err := queue.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Stop(context.WithoutCancel(t.Context()))) })
	return &bundle{q, config.DB, config, log}
}

// table is the name of River's table of jobs.
func (b *bundle) table() string {
	if b.db.Dialect() == dialect.Postgres {
		return "river.river_job"
	}
	return "river_job"
}

func (b *bundle) start(t testing.TB, w *work) {
	t.Helper()
	if w.run == nil {
		w.run = func(context.Context, string, string) error { return nil }
	}
	if w.check == nil {
		w.check = func(context.Context, string, int64) error { return nil }
	}
	require.NoError(t, b.Start(t.Context(), w, w))
}

func (b *bundle) enqueue(t testing.TB, importIDs ...string) {
	t.Helper()
	require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		for _, id := range importIDs {
			if err := b.EnqueueImport(ctx, organization, id); err != nil {
				return err
			}
		}
		return nil
	}))
}

func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(soon):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func TestAJobIsWorkedExactlyWhenItsTransactionIsCommitted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ran := make(chan string, 10)
	b.start(t, &work{run: func(_ context.Context, organizationID, importID string) error {
		ran <- organizationID + " " + importID
		return nil
	}, check: func(_ context.Context, organizationID string, historyID int64) error {
		ran <- fmt.Sprint(organizationID, " ", historyID)
		return nil
	}})

	refused := errors.New("refused")
	require.ErrorIs(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		require.NoError(t, b.EnqueueImport(ctx, organization, "imp-rolled-back"))
		require.NoError(t, b.EnqueueCheck(ctx, organization, 1))
		return refused
	}), refused)
	require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		require.ErrorIs(t, b.db.Do(ctx, "inner", func(ctx context.Context) error {
			require.NoError(t, b.EnqueueImport(ctx, organization, "imp-savepoint"))
			return refused
		}), refused)
		return b.EnqueueCheck(ctx, organization, 1<<53-1)
	}))
	require.Equal(t, "org-a 9007199254740991", receive(t, ran))
	b.enqueue(t, "imp-committed")
	require.Equal(t, "org-a imp-committed", receive(t, ran))
	require.NoError(t, b.Stop(t.Context()))
	require.Empty(t, ran)
	require.Zero(t, b.count(t, "state <> 'completed'"))
}

func (b *bundle) count(t testing.TB, where string) (n int) {
	t.Helper()
	require.NoError(t, b.db.Read(t.Context(), func(ctx context.Context) error {
		rows, err := b.db.QueryContext(ctx, "SELECT count(*) FROM "+b.table()+" WHERE "+where)
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		return rows.Scan(&n)
	}))
	return n
}

func TestEnqueueNeedsATransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.ErrorIs(t, b.EnqueueImport(t.Context(), organization, "imp-1"), database.ErrNoSession)
	require.ErrorIs(t, b.db.Read(t.Context(), func(ctx context.Context) error {
		return b.EnqueueCheck(ctx, organization, 1)
	}), database.ErrNoSession)
}

func TestAJobThatCannotRunYetComesAgainWithoutCountingAnAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	calls, done := 0, make(chan int, 1)
	b.start(t, &work{run: func(context.Context, string, string) error {
		if calls++; calls < 4 {
			return fmt.Errorf("run: %w", notYet(time.Millisecond))
		}
		done <- calls
		return nil
	}})
	b.enqueue(t, "imp-1")
	require.Equal(t, 4, receive(t, done))
	require.NoError(t, b.Stop(t.Context()))
	require.Equal(t, 1, b.count(t, "state = 'completed' AND attempt = 1"))
	require.Empty(t, b.log.String())
}

func TestAnErrorOrPanicIsLoggedOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	calls, done := 0, make(chan struct{})
	b.start(t, &work{check: func(context.Context, string, int64) error {
		switch calls++; calls {
		case 1:
			return errors.New("the bucket is away")
		case 2:
			panic("a mistake")
		}
		close(done)
		return nil
	}})
	require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		return b.EnqueueCheck(ctx, organization, 7)
	}))
	receive(t, done)
	require.NoError(t, b.Stop(t.Context()))
	require.Equal(t, 1, b.count(t, "state = 'completed' AND attempt = 3"))
	lines := bytes.Split(bytes.TrimSpace([]byte(b.log.String())), []byte("\n"))
	require.Len(t, lines, 2)
	require.Contains(t, string(lines[0]), "the bucket is away")
	require.Regexp(t, `historyId\\": ?7`, string(lines[0]))
	require.Contains(t, string(lines[1]), "a mistake")
	require.Contains(t, string(lines[1]), "queue_test.go")
}

func TestStopHandsBackWhatRunsAndTheNextProcessDoesIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	running := make(chan struct{})
	b.start(t, &work{run: func(ctx context.Context, _, _ string) error {
		close(running)
		<-ctx.Done()
		return errors.New("whatever the end of a context looks like")
	}})
	b.enqueue(t, "imp-1")
	receive(t, running)
	require.NoError(t, b.Stop(t.Context()))
	require.NoError(t, b.Stop(t.Context()), "again")
	require.Empty(t, b.log.String())
	require.Equal(t, 1, b.count(t, "state = 'available' AND attempt = 0"))
	w := &work{}
	require.Error(t, b.Start(t.Context(), w, w), "it is over")

	next, ran := b.beside(t), make(chan string, 1)
	next.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}})
	require.Equal(t, "imp-1", receive(t, ran))
}

func TestStopGivesUpWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	running, release := make(chan struct{}), make(chan struct{})
	b.start(t, &work{run: func(context.Context, string, string) error {
		close(running)
		<-release
		return nil
	}})
	b.enqueue(t, "imp-1")
	receive(t, running)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Stop(ended), context.Canceled)
	close(release)
	require.NoError(t, b.Stop(t.Context()))
}

func TestWhatADeadProcessWasRunningIsDoneAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enqueue(t, "imp-1")
	// A process that was killed leaves its jobs marked as running, and itself as the leader.
	require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		_, err := b.db.ExecContext(ctx, "UPDATE "+b.table()+" SET state = 'running', attempt = 1")
		return err
	}))
	ran, recovered := make(chan string, 1), make(chan bool, 10)
	b.start(t, &work{run: func(_ context.Context, _, importID string) error {
		ran <- importID
		return nil
	}, recover: func(_ context.Context, all bool) error {
		recovered <- all
		return nil
	}})
	require.Equal(t, "imp-1", receive(t, ran))
	require.True(t, receive(t, recovered), "all at the start")
	require.False(t, receive(t, recovered))
}

// River gives up to write down what became of a job when the database is away for more than some seconds.
func TestAJobWhoseEndWasNotWrittenDownIsWorkedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *queue.Config) { c.RecoverEvery = time.Millisecond })
	ran, release := make(chan string, 10), make(chan struct{})
	b.start(t, &work{run: func(ctx context.Context, _, importID string) error {
		ran <- importID
		if importID == "imp-1" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil
	}})
	b.enqueue(t, "imp-1") // is really running
	require.Equal(t, "imp-1", receive(t, ran))
	require.NoError(t, b.db.Do(t.Context(), "test", func(ctx context.Context) error {
		if err := b.EnqueueImport(ctx, organization, "imp-2"); err != nil {
			return err
		}
		if _, err := b.db.ExecContext(ctx, "UPDATE "+b.table()+` SET state = 'running', attempt = 1,
			attempted_by = (SELECT attempted_by FROM `+b.table()+` WHERE state = 'running') WHERE state = 'available'`); err != nil {
			return err
		}
		_, err := b.db.ExecContext(ctx, "UPDATE "+b.table()+" SET attempted_at = $1", time.Now().Add(-2*time.Minute))
		return err
	}))
	require.Equal(t, "imp-2", receive(t, ran))
	close(release)
	require.Eventually(t, func() bool { return b.count(t, "state = 'completed'") == 2 }, soon, time.Millisecond)
	require.NoError(t, b.Stop(t.Context()))
	require.Empty(t, ran, "each of them once")
	require.Equal(t, 1, strings.Count(b.log.String(), "they are worked again"))
}

func TestSweepsGoOnAfterAnError(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *queue.Config) { c.Alone, c.RecoverEvery = false, time.Millisecond })
	sweeps, calls := make(chan bool), 0
	b.start(t, &work{recover: func(ctx context.Context, all bool) error {
		select {
		case sweeps <- all:
		case <-ctx.Done():
			return ctx.Err()
		}
		if calls++; calls == 1 {
			return errors.New("the database is away")
		}
		return nil
	}})
	for range 3 {
		require.False(t, receive(t, sweeps), "others may be alive")
	}
	require.NoError(t, b.Stop(t.Context()))
	require.Contains(t, b.log.String(), "the database is away")
}

func TestImportsRunBesideEachOtherUpToTheLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var (
		mu            sync.Mutex
		together      sync.Once
		running, most int
	)
	both, done := make(chan struct{}), make(chan struct{}, 6)
	b.start(t, &work{run: func(context.Context, string, string) error {
		mu.Lock()
		running++
		if most = max(most, running); most == 2 && running == 2 {
			together.Do(func() { close(both) })
		}
		mu.Unlock()
		<-both // the first waits for another one, so that they are seen beside each other
		mu.Lock()
		running--
		mu.Unlock()
		done <- struct{}{}
		return nil
	}})
	b.enqueue(t, "imp-1", "imp-2", "imp-3", "imp-4", "imp-5", "imp-6")
	for range 6 {
		receive(t, done)
	}
	require.Equal(t, 2, most)
}

func TestObjectsAreErasedByAJobThatComesAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		undo := errors.New("undo")
		erase := func(ctx context.Context) error {
			return b.EnqueueErase(ctx, organization, []string{"org-1/x", "org-1/ü y"})
		}
		require.ErrorIs(t, b.db.Do(t.Context(), "undone", func(ctx context.Context) error {
			return errors.Join(erase(ctx), undo)
		}), undo)
		require.Zero(t, b.count(t, "kind = 'erase'"), "no job without its change")
		require.NoError(t, b.db.Do(t.Context(), "erase", erase))

		calls := make(chan []string, 10)
		tries := 0
		b.start(t, &work{erase: func(_ context.Context, organizationID string, keys []string) error {
			calls <- append([]string{organizationID}, keys...)
			if tries++; tries == 1 {
				return notYet(time.Millisecond) // the bucket is away
			}
			return nil
		}})
		for range 2 {
			require.Equal(t, []string{organization, "org-1/x", "org-1/ü y"}, receive(t, calls))
		}
		require.Eventually(t, func() bool {
			return b.count(t, "kind = 'erase' AND state = 'completed' AND errors IS NULL") == 1
		}, soon, 5*time.Millisecond, "waiting costs no attempt")
		require.Empty(t, b.log.String())
	})
}

// What is due is done without a pause, what fails waits, and nothing of it runs after Stop.
func TestSweepsAreCalledAsLongAsTheyFindSomething(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *queue.Config) { c.SweepEvery = time.Hour })
	swept := make(chan int, 10)
	n := 0
	b.start(t, &work{sweep: func(context.Context) (bool, error) {
		n++
		swept <- n
		return n < 3, nil
	}})
	for want := range 3 {
		require.Equal(t, want+1, receive(t, swept))
	}
	require.NoError(t, b.Stop(t.Context()))
	require.Empty(t, swept)

	b = setup(t, func(c *queue.Config) { c.SweepEvery = time.Millisecond })
	again := make(chan struct{})
	calls := 0
	b.start(t, &work{sweep: func(ctx context.Context) (bool, error) {
		calls++
		select {
		case again <- struct{}{}:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		switch calls {
		case 1:
			panic("a mistake of ours")
		case 2:
			return false, errors.New("the database is away")
		}
		return false, nil
	}})
	for range 4 {
		receive(t, again)
	}
	require.NoError(t, b.Stop(t.Context()))
	require.Equal(t, 1, strings.Count(b.log.String(), "could not erase all"), "said once, not every time")
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := queue.New(queue.Config{RecoverEvery: -1, SweepEvery: -2})
	for _, want := range []string{"database", "0 concurrent imports", "-1ns", "-2ns", "logger"} {
		require.ErrorContains(t, err, want)
	}
	b := setup(t)
	c := b.config
	c.Workers = 2
	_, err = queue.New(c)
	require.ErrorContains(t, err, "2 workers; there must be more than the 2 concurrent imports")
	require.ErrorContains(t, b.Start(t.Context(), nil, nil), "must both be given")
}

// BenchmarkStart measures the time from the commit of a job to the call of what runs it.
func BenchmarkStart(b *testing.B) {
	q := setup(b)
	began := make(chan time.Time, 1)
	q.start(b, &work{run: func(context.Context, string, string) error {
		began <- time.Now()
		return nil
	}})
	q.enqueue(b, "imp-warm")
	receive(b, began)
	var waits []time.Duration
	for b.Loop() {
		time.Sleep(20 * time.Millisecond) // one after the other, as a person starts them
		q.enqueue(b, "imp-1")
		committed := time.Now()
		waits = append(waits, receive(b, began).Sub(committed))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "µs/start-p50")
	b.ReportMetric(float64(waits[len(waits)*95/100].Microseconds()), "µs/start-p95")
}
