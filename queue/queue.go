// Package queue is the background work on River: jobs are enqueued in the transaction of the command that wants them,
// so that there is a job exactly when there is a change, and worked here by calling importer and upload.
//
// Commands know it as the small Enqueuer interfaces that they declare; it knows them as Runner and Checker, whom it also
// has sweep from time to time. Jobs may run more than once and on any replica: what they call claims its work by guarded
// changes, so that a second job is harmless. Imports take turns: of each organization a few have a job at a time, and the
// others stand in line (turn.go).
//
// On SQLite one process works; on PostgreSQL any number do, each over one connection more that listens for new jobs and
// shows that the process lives, so that others work what it was running when it died.
//
// It promises that a committed job is worked until it succeeds or its attempts are used up, that an error which asks to
// wait costs no attempt, that any other is logged once, and that after Stop nothing of it runs. It may import database
// and lib/pq.
package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river"

	"entrepot/database"
)

// Runner runs imports.
type Runner interface {
	// Run carries one import from its file to its results. An import that is not its to run is nil.
	Run(ctx context.Context, organizationID, importID string) error
	// Recover enqueues again what a dead worker left: the imports whose lease has expired, or, with all, every one that is
	// not done, because no worker can be alive. It returns how many those were.
	Recover(ctx context.Context, all bool) (int, error)
}

// Checker looks after uploaded files.
type Checker interface {
	// Check looks into one.
	Check(ctx context.Context, organizationID string, historyID int64) error
	// Erase deletes objects for good.
	Erase(ctx context.Context, organizationID string, keys []string) error
	// Sweep erases a bounded part of what is due, of one organization, and tells whether it found one that was.
	Sweep(ctx context.Context) (found bool, err error)
}

// Delay is an error that means “not now”: the job comes again after that time, and no attempt is counted.
type Delay interface {
	error
	RetryAfter() time.Duration
}

// Config says how work is done.
type Config struct {
	// DB holds the jobs; required.
	DB *database.DB
	// ListenURL names the same database, as lib/pq reads it, for the one connection that listens for new jobs; required
	// on PostgreSQL, meaningless elsewhere. A pooler that hands connections out per transaction will not do.
	ListenURL string
	// ConcurrentImports is how many imports of one organization run at a time, in all processes together; required.
	ConcurrentImports int
	// Workers is how many imports run at a time in this process; 0 is twice ConcurrentImports. It must be more than these,
	// so that one organization with long imports leaves room for another's.
	Workers int
	// Alone tells that no other process works on this database, as on SQLite, where the data folder is locked. What is
	// marked as running when Start is called was then left by a process that died, and is done again at once.
	Alone bool
	// RecoverEvery is the time between two calls of Runner.Recover; 0 is three seconds.
	RecoverEvery time.Duration
	// SweepEvery is the time between the last of a row of calls of Checker.Sweep, which found nothing, and the next; 0 is a
	// minute.
	SweepEvery time.Duration
	// RetryDelay is how long a job waits after its n-th error, from 1; nil is a second, doubled each time, up to ten
	// minutes.
	RetryDelay func(n int) time.Duration
	// Logger is required.
	Logger *slog.Logger
}

const (
	importQueue, checkQueue = "imports", "checks"
	concurrentChecks        = 2

	recoverEvery = 3 * time.Second
	sweepEvery   = time.Minute
	// attempts are enough for more than half a day without the database or the bucket.
	attempts = 100
	// checkTimeout is far above what the largest file takes. What River rescues by itself is found long before, at the
	// start on SQLite and by reclaim on PostgreSQL.
	checkTimeout = 10 * time.Minute
	rescueAfter  = 15 * time.Minute

	// Jobs are fetched right after the commit that made them (see wake). Polling is for what nobody announces: jobs of
	// another process and those that become due. Idle it costs 1 % of a core; every 40 ms instead would cost 6 %.
	fetchCooldown = 5 * time.Millisecond
	pollEvery     = 500 * time.Millisecond
)

// Queue takes jobs and works them. Its methods may be called from any goroutine.
type Queue struct {
	db           *database.DB
	alone        bool
	lanes        int    // how many jobs of imports an organization has at a time
	schema       string // of River's tables; empty on SQLite
	recoverEvery time.Duration
	sweepEvery   time.Duration
	log          *slog.Logger
	sparing      *slog.Logger // of what says the same over and over while the database is away
	client       *river.Client[*sql.Tx]
	wake         *wake
	id           string // River's of this process
	busy         busy

	runner  Runner  // set by Start, before the first job
	checker Checker // likewise

	mu      sync.Mutex
	started bool
	stop    context.CancelFunc // of the sweeps
	looked  time.Time          // when tidy looked for lost jobs; the sweeps' own
	sweeps  sync.WaitGroup
	ending  atomic.Bool
}

// New makes a queue that takes jobs at once and works them after Start. Its error names everything that is wrong.
func New(c Config) (*Queue, error) {
	var problems []error
	if c.DB == nil {
		problems = append(problems, errors.New("the database is missing"))
	}
	if c.ConcurrentImports < 1 {
		problems = append(problems, fmt.Errorf("%d concurrent imports; there must be one at least", c.ConcurrentImports))
	}
	if c.Workers == 0 {
		c.Workers = 2 * c.ConcurrentImports
	}
	if c.Workers <= c.ConcurrentImports && c.ConcurrentImports > 0 {
		problems = append(problems, fmt.Errorf("%d workers; there must be more than the %d concurrent imports of an organization",
			c.Workers, c.ConcurrentImports))
	}
	for _, every := range []time.Duration{c.RecoverEvery, c.SweepEvery} {
		if every < 0 {
			problems = append(problems, fmt.Errorf("the time between two sweeps is %s; it must not be negative", every))
		}
	}
	if c.Logger == nil {
		problems = append(problems, errors.New("the logger is missing"))
	}
	if c.DB != nil && c.DB.Dialect() == dialect.Postgres && c.ListenURL == "" {
		problems = append(problems, errors.New("the URL to listen at is missing"))
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("configure queue: %w", errors.Join(problems...))
	}
	q := &Queue{
		db: c.DB, alone: c.Alone, lanes: c.ConcurrentImports, recoverEvery: c.RecoverEvery, log: c.Logger,
		wake: &wake{queues: make(chan string, 16)},
	}
	q.sparing = slog.New(&sparing{Handler: q.log.Handler(), said: &said{at: map[string]time.Time{}}})
	if q.recoverEvery == 0 {
		q.recoverEvery = recoverEvery
	}
	if q.sweepEvery = c.SweepEvery; q.sweepEvery == 0 {
		q.sweepEvery = sweepEvery
	}
	workers := river.NewWorkers()
	if err := errors.Join(
		river.AddWorkerSafely(workers, &importWorker{queue: q}),
		river.AddWorkerSafely(workers, &checkWorker{queue: q}),
		river.AddWorkerSafely(workers, &eraseWorker{queue: q}),
	); err != nil {
		return nil, fmt.Errorf("configure queue: %w", err)
	}
	q.id = rand.Text()
	driver := sqliteDriver(c.DB.Writer(), q.wake)
	var reindex river.PeriodicSchedule // nil: River's own
	if c.DB.Dialect() == dialect.Postgres {
		driver, q.schema = postgresDriver(c.DB.Writer(), c.ListenURL, q.id, q.wake), riverSchema
		reindex = river.NeverSchedule() // only the tables' owner may
	}
	client, err := river.NewClient(driver, &river.Config{
		CompletedJobRetentionPeriod: time.Hour,
		ErrorHandler:                &errorLog{q.log},
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           pollEvery,
		ID:                          q.id,
		JobTimeout:                  checkTimeout,
		Logger:                      q.sparing,
		MaxAttempts:                 attempts,
		Queues: map[string]river.QueueConfig{
			importQueue: {MaxWorkers: c.Workers},
			checkQueue:  {MaxWorkers: concurrentChecks},
		},
		ReindexerSchedule:    reindex,
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          newRetryPolicy(c.RetryDelay),
		Schema:               q.schema,
		Workers:              workers,
	})
	if err != nil {
		return nil, fmt.Errorf("configure queue: %w", err)
	}
	q.client = client
	return q, nil
}

// EnqueueCheck asks, in the caller's open Do, for an uploaded file to be checked. The job exists when that commits.
func (q *Queue) EnqueueCheck(ctx context.Context, organizationID string, historyID int64) error {
	return q.enqueue(ctx, checkQueue, checkArgs{OrganizationID: organizationID, HistoryID: historyID})
}

// EnqueueErase asks, in the caller's open Do, for objects to be deleted for good. The job exists when that commits.
func (q *Queue) EnqueueErase(ctx context.Context, organizationID string, keys []string) error {
	return q.enqueue(ctx, checkQueue, eraseArgs{OrganizationID: organizationID, Keys: keys})
}

func (q *Queue) enqueue(ctx context.Context, queue string, args river.JobArgs) error {
	err := q.db.WithTx(ctx, func(tx *sql.Tx) error {
		_, err := q.client.InsertTx(ctx, tx, args, &river.InsertOpts{Queue: queue})
		return err
	})
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	database.AfterCommit(ctx, func() { q.wake.up(queue) })
	return nil
}

// Start begins to work jobs, and sweeps for imports that a dead worker left and for what is to be erased, at once and
// then regularly. It may be called once. The end of ctx stops nothing: Stop does.
func (q *Queue) Start(ctx context.Context, runner Runner, checker Checker) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started || q.ending.Load() {
		return errors.New("start queue: it was started before")
	}
	if runner == nil || checker == nil {
		return errors.New("start queue: who runs imports and who checks files must both be given")
	}
	q.runner, q.checker = runner, checker
	if q.alone {
		if err := q.release(ctx); err != nil {
			return fmt.Errorf("start queue: %w", err)
		}
		if _, err := runner.Recover(ctx, true); err != nil {
			return fmt.Errorf("start queue: recover imports: %w", err)
		}
	}
	ctx = context.WithoutCancel(ctx)
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	q.started = true
	ctx, q.stop = context.WithCancel(ctx)
	q.sweeps.Go(func() { q.sweep(ctx) })
	q.sweeps.Go(func() { q.tidyUp(ctx) })
	return nil
}

// release makes the jobs of a process that died available again, and its place as the leader of River's housekeeping.
func (q *Queue) release(ctx context.Context) error {
	return q.db.Do(ctx, "release jobs", func(ctx context.Context) error {
		for _, statement := range []string{
			"UPDATE " + q.table("river_job") + " SET state = 'available' WHERE state = 'running'",
			"DELETE FROM " + q.table("river_leader"),
		} {
			if _, err := q.db.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// table is the full name of a table of River's.
func (q *Queue) table(name string) string {
	if q.schema == "" {
		return name
	}
	return q.schema + "." + name
}

func (q *Queue) sweep(ctx context.Context) {
	ticker := time.NewTicker(q.recoverEvery)
	defer ticker.Stop()
	for {
		if _, err := q.runner.Recover(ctx, false); err != nil && ctx.Err() == nil {
			q.sparing.Warn("could not look for imports of dead workers; will try again", "error", err)
		}
		if err := q.tidy(ctx); err != nil && ctx.Err() == nil {
			q.sparing.Warn("could not look for imports that were forgotten in line; will try again", "error", err)
		}
		if err := q.resume(ctx); err != nil && ctx.Err() == nil {
			q.sparing.Warn("could not look for jobs whose end was not written down; will try again", "error", err)
		}
		if q.schema != "" {
			if err := q.reclaim(ctx); err != nil && ctx.Err() == nil {
				q.sparing.Warn("could not look for jobs of dead processes; will try again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tidyUp calls Checker.Sweep as long as that finds something, and then from time to time. Which organization's time has
// come stands in the database, so that any number of processes may do so.
func (q *Queue) tidyUp(ctx context.Context) {
	ticker := time.NewTicker(q.sweepEvery)
	defer ticker.Stop()
	for {
		found := false
		err := caught(func() (err error) {
			found, err = q.checker.Sweep(ctx)
			return err
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			q.sparing.Warn("could not erase all that is not kept any longer; will try again",
				append([]any{"error", err}, stackOf(err)...)...)
		}
		if found {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Stop takes no more jobs, cancels the contexts of those that run, and waits until they have ended; what had not
// finished is done again by the next process. When ctx ends first it returns that error, and jobs may still run.
// Calling it again, or without Start, is harmless.
func (q *Queue) Stop(ctx context.Context) error {
	q.ending.Store(true)
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.started {
		return nil
	}
	q.stop()
	if err := q.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop queue: jobs are still running: %w", err)
	}
	done := make(chan struct{})
	go func() {
		q.sweeps.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop queue: a sweep is still running: %w", ctx.Err())
	}
}
