package importer_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/refusal"
	"entrepot/storage"
)

// endless gives rows for as long as somebody reads, some of them bad.
type endless struct {
	n    int
	rest []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.n == 0 {
			e.rest = []byte("site,date,reading\n")
		} else {
			e.rest = []byte("A,2024-01-01,1\nB,2024-02-01,x\n")
		}
		e.n++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// atEnd calls f when the last byte was read, before the reader says so.
type atEnd struct {
	io.Reader
	f func()
}

func (r *atEnd) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.f != nil {
		f := r.f
		r.f = nil
		f()
	}
	return n, err
}

// running starts an import of an endless file and returns when it has shown progress.
func (w *world) running(ctx context.Context) (run *ent.ImportRun, ended chan error) {
	w.t.Helper()
	run = w.start(w.upload(small), w.define(readings(skip)))
	changes := w.bus.Subscribe(w.org, event.Import)
	defer changes.Close()
	w.WrapSource(func(io.Reader) io.Reader { return &endless{} })
	ended = make(chan error, 1)
	go func() { ended <- w.Run(ctx, w.org, run.ID) }()
	for {
		all, err := changes.Next(w.t.Context())
		require.NoError(w.t, err)
		if w.get(run.ID).ProcessedRowCount > 0 {
			require.NotEmpty(w.t, all)
			return run, ended
		}
	}
}

// rejectedObject is the object of an attempt's set-aside rows.
func (w *world) rejectedObject(id string, attempt int) error {
	key := fmt.Sprintf("%s/%s/%s-%d-rejected.csv", w.org, w.group, id, attempt)
	_, err := w.bucket.Attributes(context.Background(), key)
	return err
}

func TestCancelWhileReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run, ended := w.running(context.Background())
	require.Equal(t, definition.ImportProcessing, w.get(run.ID).Status)
	require.NotEmpty(t, w.get(run.ID).ColumnMapping)
	canceled, err := w.Cancel(w.collector(), run.ID, nil)
	require.NoError(t, err)
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(2 * time.Second):
		t.Fatal("the worker did not notice the cancel")
	}
	require.Equal(t, definition.ImportCanceled, canceled.Status)
	require.Equal(t, canceled.Revision, w.get(run.ID).Revision)
	require.Empty(t, w.results(run.ID))
	require.Empty(t, w.rowErrors(run.ID))
	require.Zero(t, w.leases())
	require.ErrorIs(t, w.rejectedObject(run.ID, 1), storage.ErrNotFound)
}

func TestCancelAfterTheLastWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.imported(small, readings())
	_, err := w.Cancel(w.collector(), run.ID, nil)
	refused(t, err, refusal.InvalidTransition)
	require.Equal(t, definition.ImportCompleted, w.get(run.ID).Status)
}

func TestAStoppingWorkerHandsItsImportBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(context.Background())
	run, ended := w.running(ctx)
	stop()
	var again *importer.RetryError
	require.ErrorAs(t, <-ended, &again)
	back := w.get(run.ID)
	require.Equal(t, definition.ImportPending, back.Status)
	require.Nil(t, back.ProcessedAt)
	require.Zero(t, w.leases())
	require.ErrorIs(t, w.rejectedObject(run.ID, 1), storage.ErrNotFound)

	w.WrapSource(nil)
	w.clock.forward(time.Hour)
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportCompleted, done.Status)
	require.Equal(t, 2, done.Attempt)
	require.EqualValues(t, 4, done.ProcessedRowCount)
	require.Less(t, done.StartedAt.UTC(), w.clock.now().Add(-time.Minute), "startedAt is the first attempt's")
	require.Len(t, w.results(run.ID), 3)
}

func TestHandingBackNeverMakesAnImportFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	for range 4 {
		ctx, stop := context.WithCancel(context.Background())
		w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, stop} })
		require.Error(t, w.Run(ctx, w.org, run.ID))
		require.Equal(t, definition.ImportPending, w.get(run.ID).Status)
	}
	w.crash(run.ID)
	w.clock.forward(time.Minute)
	n, err := w.Recover(context.Background(), false)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	w.WrapSource(nil)
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportCompleted, done.Status)
	require.Equal(t, 6, done.Attempt)
	require.Empty(t, done.ErrorParams)
}

// crash leaves an import as a worker does that is killed.
func (w *world) crash(id string) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		c := w.db.Client()
		run := c.ImportRun.GetX(ctx, id)
		require.Equal(w.t, definition.ImportPending, run.Status)
		c.ImportRun.UpdateOne(run).SetStatus(definition.ImportProcessing).SetAttempt(run.Attempt + 1).
			SetProcessedRowCount(0).SetAcceptedRowCount(0).SetStartedAt(w.clock.now()).ExecX(ctx)
		c.ImportLease.Create().SetID(id).SetOrganizationID(w.org).SetAttempt(run.Attempt + 1).SetWorker("killed").
			SetExpiresAt(w.clock.now().Add(15 * time.Second)).ExecX(ctx)
	})
}

func TestRecoverTakesWhatHasExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.start(w.upload(small), w.define(readings()))
	w.crash(old.ID)
	w.clock.forward(14 * time.Second)
	young := w.start(w.upload(small), w.define(readings()))
	w.crash(young.ID)
	before := len(w.queue.ids())

	n, err := w.Recover(context.Background(), false)
	require.NoError(t, err)
	require.Zero(t, n)
	w.clock.forward(time.Second)
	n, err = w.Recover(context.Background(), false)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, definition.ImportPending, w.get(old.ID).Status)
	require.Equal(t, definition.ImportProcessing, w.get(young.ID).Status)
	require.Equal(t, []string{old.ID}, w.queue.ids()[before:])
	require.Equal(t, 1, w.leases())

	n, err = w.Recover(context.Background(), true)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, definition.ImportPending, w.get(young.ID).Status)
	require.Zero(t, w.leases())

	w.run(old.ID)
	done := w.get(old.ID)
	require.Equal(t, definition.ImportCompleted, done.Status)
	require.Equal(t, 2, done.Attempt)
	require.Len(t, w.results(old.ID), 3)
	require.Empty(t, done.ErrorParams)
}

func TestThreeCrashesAreEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	for crash := range 3 {
		require.Equal(t, definition.ImportPending, w.get(run.ID).Status, crash)
		w.crash(run.ID)
		_, err := w.Recover(context.Background(), true)
		require.NoError(t, err)
	}
	require.Contains(t, failed(t, w.get(run.ID), definition.ErrorWorkerCrashed), "3 times")
	require.Len(t, w.queue.ids(), 3)
	require.Zero(t, w.leases())
}

func TestALeaseOfAnImportThatHasEndedIsOnlyDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.start(w.upload(small), w.define(readings()))
	w.crash(run.ID)
	w.system(func(ctx context.Context) {
		w.db.Client().ImportRun.UpdateOneID(run.ID).SetStatus(definition.ImportCanceled).
			SetProcessedAt(w.clock.now()).ExecX(ctx)
	})
	n, err := w.Recover(context.Background(), true)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Zero(t, w.leases())
	require.Equal(t, definition.ImportCanceled, w.get(run.ID).Status)
}

// A worker that was only slow wakes up when another one has the import, and then writes nothing.
func TestAWorkerThatWasGivenUpWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := *w
	var err error
	other.Importer, err = importer.New(w.Config)
	require.NoError(t, err)
	run := w.start(w.upload(broken), w.define(readings(skip)))
	w.WrapSource(func(r io.Reader) io.Reader {
		return &atEnd{r, func() {
			w.clock.forward(time.Minute)
			n, err := other.Recover(context.Background(), false)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			other.run(run.ID)
		}}
	})
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportPartiallyCompleted, done.Status)
	require.Equal(t, 2, done.Attempt)
	rows := w.resultRows(run.ID)
	require.Len(t, rows, 1)
	require.Equal(t, 2, rows[0].Attempt)
	require.Len(t, w.rowErrors(run.ID), 4)
	require.ErrorIs(t, w.rejectedObject(run.ID, 1), storage.ErrNotFound)
	require.NoError(t, w.rejectedObject(run.ID, 2))
}

func TestRunningImportsRenewTheirLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *importer.Config) { c.Lease = 300 * time.Millisecond })
	run, ended := w.running(context.Background())
	changes := w.bus.Subscribe(w.org, event.Import)
	defer changes.Close()
	w.clock.forward(time.Minute)
	until := w.clock.now()
	for {
		var expires time.Time
		w.system(func(ctx context.Context) { expires = w.db.Client().ImportLease.GetX(ctx, run.ID).ExpiresAt })
		if expires.After(until) {
			break
		}
		_, err := changes.Next(t.Context())
		require.NoError(t, err)
	}
	n, err := w.Recover(context.Background(), false)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = w.Cancel(w.collector(), run.ID, nil)
	require.NoError(t, err)
	require.NoError(t, <-ended)
}

func TestADatabaseThatGoesAwayLeavesNothingHalfWritten(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	w := newWorldOn(t, db)
	run := w.start(w.upload(broken), w.define(readings(skip)))
	// The last write meets a database that refuses it for reasons of its own.
	w.WrapSource(func(r io.Reader) io.Reader {
		return &atEnd{r, w.refuseWrites}
	})
	err := w.Run(context.Background(), w.org, run.ID)
	require.Error(t, err)
	var again *importer.RetryError
	require.NotErrorAs(t, err, &again)
	w.takeWrites()
	stuck := w.get(run.ID)
	require.Equal(t, definition.ImportProcessing, stuck.Status)
	require.Empty(t, w.results(run.ID))
	require.Empty(t, w.rowErrors(run.ID))
	require.Equal(t, 1, w.leases())

	_, err = w.Recover(context.Background(), true)
	require.NoError(t, err)
	w.WrapSource(nil)
	w.run(run.ID)
	require.Equal(t, definition.ImportPartiallyCompleted, w.get(run.ID).Status)
	require.Len(t, w.results(run.ID), 1)
}

// Threads, hand-backs and crashes leave no trace in the results.
func TestResultsDependOnTheFileOnly(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	require.NoError(t, data.Write(&file, 30_000))
	var want []string
	for _, threads := range []int{1, 2, 5} {
		w := newWorld(t, func(c *importer.Config) { c.Parallelism = threads })
		run := w.start(w.upload(file.String()), w.define(readings(func(v *definition.Version) {
			v.Columns[0].Name = "unit" // three of them: few results
			v.Outputs = append(v.Outputs,
				definition.Output{Key: "mean", PeriodUnit: definition.Yearly, Aggregate: definition.Average, Column: "reading"},
				definition.Output{Key: "first", PeriodUnit: definition.Yearly, Aggregate: definition.First, Column: "reading"},
				definition.Output{Key: "last", PeriodUnit: definition.Yearly, Aggregate: definition.Last, Column: "reading"},
			)
		})))
		ctx, stop := context.WithCancel(context.Background())
		w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, stop} })
		require.Error(t, w.Run(ctx, w.org, run.ID))
		w.WrapSource(nil)
		w.run(run.ID)
		got := w.results(run.ID)
		require.Len(t, got, 3*13)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got)
	}
}
