package importer_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

const why = "not this file"

// cancel cancels for another group's collector, who may.
func (w *world) cancel(id string) (*ent.ImportRun, error) {
	reason := why
	return w.Cancel(w.person(viewer.RoleCollector, w.otherGroup), id, &reason)
}

// canceled requires that an import was canceled, says by whom and why, and shows nothing that came after.
func (w *world) canceled(t *testing.T, id string, revision int64) {
	t.Helper()
	run := w.get(id)
	require.Equal(t, definition.ImportCanceled, run.Status)
	require.Equal(t, why, *run.CancelReason)
	require.Equal(t, w.user, *run.CanceledByID)
	require.NotNil(t, run.CancelRequestedAt)
	require.NotNil(t, run.ProcessedAt)
	require.Equal(t, revision, run.Revision, "something was written after the cancel")
	require.Empty(t, w.results(id))
	require.Empty(t, w.rowErrors(id))
	require.Nil(t, run.RejectedRowsKey)
	require.Zero(t, w.leases())
	for attempt := range 3 {
		require.Error(t, w.rejectedObject(id, attempt), "set-aside rows were left behind")
	}
}

// TestCancelInAllMoments cancels when an import waits for its file's check, waits for its turn, has a job, was handed
// back, reads, has read everything, and has ended, in this order; each case says what is done and gives the canceled
// import.
func TestCancelInAllMoments(t *testing.T) {
	t.Parallel()
	startChecking := func(w *world) (*ent.ImportRun, int64) {
		history := w.history(w.put([]byte(broken)), nil, func(c *ent.ReviewUploadHistoryCreate) {
			c.SetStatus(definition.UploadProcessing).Mutation().ResetValidatedAt()
		})
		number, _ := prefixid.Number(prefixid.UploadHistory, history)
		return w.start(history, w.define(readings(skip))), number
	}
	for name, moment := range map[string]func(t *testing.T, w *world) *ent.ImportRun{
		"pending, its file is being checked": func(t *testing.T, w *world) *ent.ImportRun {
			run, history := startChecking(w)
			require.Empty(t, w.queue.ids())
			canceled, err := w.cancel(run.ID)
			require.NoError(t, err)
			w.system(func(ctx context.Context) {
				w.db.Client().ReviewUploadHistory.UpdateOneID(history).SetStatus(definition.UploadSuccess).SetFileSize(1).ExecX(ctx)
			})
			return canceled
		},
		"pending, with a job": func(t *testing.T, w *world) *ent.ImportRun {
			run := w.start(w.upload(broken), w.define(readings(skip)))
			require.Equal(t, []string{run.ID}, w.queue.ids())
			canceled, err := w.cancel(run.ID)
			require.NoError(t, err)
			return canceled
		},
		"pending again, handed back by a worker that stopped": func(t *testing.T, w *world) *ent.ImportRun {
			run := w.start(w.upload(broken), w.define(readings(skip)))
			ctx, stop := context.WithCancel(context.Background())
			w.WrapSource(func(r io.Reader) io.Reader { return &atEnd{r, stop} })
			require.Error(t, w.Run(ctx, w.org, run.ID))
			require.Equal(t, definition.ImportPending, w.get(run.ID).Status)
			canceled, err := w.cancel(run.ID)
			require.NoError(t, err)
			return canceled
		},
		"processing, its worker died": func(t *testing.T, w *world) *ent.ImportRun {
			run := w.start(w.upload(broken), w.define(readings(skip)))
			w.crash(run.ID)
			canceled, err := w.cancel(run.ID)
			require.NoError(t, err)
			n, err := w.Recover(context.Background(), true)
			require.NoError(t, err)
			require.Zero(t, n)
			return canceled
		},
		"processing, it reads": func(t *testing.T, w *world) *ent.ImportRun {
			run, ended := w.running(context.Background())
			canceled, err := w.cancel(run.ID)
			require.NoError(t, err)
			require.NoError(t, <-ended)
			return canceled
		},
		"processing, it has read and computes": func(t *testing.T, w *world) *ent.ImportRun {
			run := w.start(w.upload(broken), w.define(readings(skip)))
			var canceled *ent.ImportRun
			w.WrapSource(func(r io.Reader) io.Reader {
				return &atEnd{r, func() {
					var err error
					canceled, err = w.cancel(run.ID)
					require.NoError(t, err)
				}}
			})
			w.run(run.ID)
			return canceled
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *database.DB) {
				w := newWorldOn(t, db)
				canceled := moment(t, w)
				w.canceled(t, canceled.ID, canceled.Revision)
				// A job that is left, or comes twice, does nothing; nor does a second cancel.
				w.WrapSource(nil)
				w.run(canceled.ID)
				_, err := w.cancel(canceled.ID)
				refused(t, err, refusal.InvalidTransition)
				w.canceled(t, canceled.ID, canceled.Revision)
			})
		})
	}
}

// TestCancelWhileItWrites cancels between the results and the status of the last write.
func TestCancelWhileItWrites(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t testing.TB, options ...testdb.Option) *database.DB{
		dialect.SQLite: testdb.NewSQLite, dialect.Postgres: testdb.NewPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var writing atomic.Pointer[func()]
			w := newWorldOn(t, open(t, testdb.OnStatement(func(_ context.Context, query string) {
				if f := writing.Load(); f != nil && strings.Contains(query, "import_row_errors") &&
					strings.HasPrefix(query, "INSERT") && writing.CompareAndSwap(f, nil) {
					(*f)()
				}
			})))
			run := w.start(w.upload(broken), w.define(readings(skip)))
			answer := make(chan error, 1)
			cancel := func() {
				_, err := w.cancel(run.ID)
				answer <- err
			}
			now := cancel
			if name == dialect.SQLite { // it has one writer: the cancel waits for the end
				now = func() { go cancel() }
			}
			writing.Store(&now)
			w.run(run.ID)
			require.Nil(t, writing.Load(), "the last write was not met")
			err := <-answer
			if name == dialect.SQLite {
				refused(t, err, refusal.InvalidTransition)
				require.Equal(t, definition.ImportPartiallyCompleted, w.get(run.ID).Status)
				require.Len(t, w.results(run.ID), 1)
				return
			}
			require.NoError(t, err)
			w.canceled(t, run.ID, w.get(run.ID).Revision)
		})
	}
}

// TestOfACancelAndTheEndOneWins has both come at once, again and again.
func TestOfACancelAndTheEndOneWins(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		history, id := w.upload(broken), w.define(readings(skip))
		canceled := 0
		for n := range 40 {
			run := w.start(history, id)
			var err error
			var both sync.WaitGroup
			w.WrapSource(func(r io.Reader) io.Reader {
				return &atEnd{r, func() {
					both.Go(func() {
						time.Sleep(time.Duration(n/4) * 200 * time.Microsecond) // so that either wins, now and then
						_, err = w.cancel(run.ID)
					})
				}}
			})
			w.run(run.ID)
			both.Wait()
			done := w.get(run.ID)
			if err == nil {
				canceled++
				w.canceled(t, run.ID, done.Revision)
				continue
			}
			refused(t, err, refusal.InvalidTransition)
			require.Equal(t, definition.ImportPartiallyCompleted, done.Status)
			require.Nil(t, done.CancelReason)
			require.Len(t, w.results(run.ID), 1)
			require.Len(t, w.rowErrors(run.ID), 4)
		}
		t.Logf("the cancel won %d times of 40", canceled)
	})
}

// TestACancelMakesRoomForTheNext goes through a real queue.
func TestACancelMakesRoomForTheNext(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		l := newLobby(t, db)
		w := l.first
		w.Logger = slog.New(slog.DiscardHandler)
		endlessly, reading := atomic.Bool{}, atomic.Int32{}
		endlessly.Store(true)
		w.WrapSource(func(r io.Reader) io.Reader {
			if endlessly.Load() {
				reading.Add(1)
				return &endless{}
			}
			return r
		})
		history, id := w.upload(small), w.define(readings(skip))
		var runs []*ent.ImportRun
		for range 5 {
			runs = append(runs, w.start(history, id))
		}
		l.open()
		l.until(func() bool { return reading.Load() == 2 }, "the first two")
		waiting, err := w.cancel(runs[2].ID) // in line, without a job
		require.NoError(t, err)
		require.Equal(t, definition.ImportPending, w.get(runs[3].ID).Status)
		endlessly.Store(false)
		_, err = w.cancel(runs[0].ID)
		require.NoError(t, err)
		for _, next := range runs[3:] {
			l.until(func() bool { return w.get(next.ID).Status == definition.ImportCompleted }, "the next of the line")
		}
		require.Equal(t, definition.ImportProcessing, w.get(runs[1].ID).Status)
		_, err = w.cancel(runs[1].ID)
		require.NoError(t, err)
		l.until(func() bool { return w.leases() == 0 }, "the last has not noticed")
		require.Nil(t, w.get(waiting.ID).StartedAt)
		w.canceled(t, waiting.ID, waiting.Revision)
	})
}
