package importer_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/importer"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/upload"
)

func TestNoMoreImportsWaitThanMay(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		few := func(c *importer.Config) {
			c.Limits = definition.DefaultLimits()
			c.Limits.QueuedImports = 5
		}
		w, other := newWorldOn(t, db, few), newWorldOn(t, db, few)
		in := importer.StartInput{UploadHistoryID: w.upload(broken), ImportDefinitionID: w.define(readings())}
		done := w.start(in.UploadHistoryID, in.ImportDefinitionID)
		w.run(done.ID)
		failed(t, w.get(done.ID), definition.ErrorInvalidRows)
		unchecked := w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) {
			c.SetStatus(definition.UploadProcessing).Mutation().ResetValidatedAt()
		})
		w.start(unchecked, in.ImportDefinitionID) // waits too

		const starts = 20
		errs := make([]error, starts)
		runs := make([]*ent.ImportRun, starts)
		var all sync.WaitGroup
		for n := range starts {
			all.Go(func() { runs[n], errs[n] = w.Start(w.collector(), in) })
		}
		all.Wait()
		var begun []string
		for n, err := range errs {
			if err == nil {
				begun = append(begun, runs[n].ID)
				continue
			}
			wrong := refused(t, err, refusal.LimitReached)
			require.Equal(t, []definition.Param{{Name: "limit", Value: "5"}}, wrong[0].Params)
			require.Contains(t, wrong[0].Message, "5 imports")
		}
		require.Len(t, begun, 4, "exactly as many as there was room for")
		require.Equal(t, 6, w.imports(), "what is refused leaves nothing")
		require.Len(t, w.queue.ids(), 5)

		key := "key"
		_, err := w.Retry(w.collector(), done.ID, &key)
		refused(t, err, refusal.LimitReached)
		other.start(other.upload(small), other.define(readings()))

		// Whoever begins, or is canceled, makes room.
		w.run(begun[0])
		retried, err := w.Retry(w.collector(), done.ID, &key)
		require.NoError(t, err)
		again, err := w.Retry(w.collector(), done.ID, &key)
		require.NoError(t, err, "it is no new one")
		require.Equal(t, retried.ID, again.ID)
		_, err = w.Start(w.collector(), in)
		refused(t, err, refusal.LimitReached)
		_, err = w.Cancel(w.collector(), begun[1], nil)
		require.NoError(t, err)
		w.start(in.UploadHistoryID, in.ImportDefinitionID)
	})
}

// EnqueueCheck is for package upload, whose checks the tests call themselves.
func (*jobs) EnqueueCheck(context.Context, string, int64) error { return nil }

// EnqueueErase is for package upload too.
func (*jobs) EnqueueErase(context.Context, string, []string) error { return nil }

// An import may be started just when its file's check ends: one of the two enqueues it.
func TestAnImportIsEnqueuedWhenItsFileIsChecked(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		checks, err := upload.New(upload.Config{DB: db, Bucket: w.bucket, Queue: w.queue, Bus: w.bus})
		require.NoError(t, err)
		id := w.define(readings())
		check := func(history string) {
			number, _ := prefixid.Number(prefixid.UploadHistory, history)
			require.NoError(t, checks.Check(context.Background(), w.org, number))
		}
		unchecked := func() string {
			return w.history(w.put([]byte(small)), nil, func(c *ent.ReviewUploadHistoryCreate) {
				c.SetStatus(definition.UploadNotyet).Mutation().ResetValidatedAt()
			})
		}
		history := unchecked()
		first, second := w.start(history, id), w.start(history, id)
		require.Empty(t, w.queue.ids(), "nobody has to look again and again")
		check(history)
		require.Equal(t, []string{first.ID, second.ID}, w.queue.ids())
		after := w.start(history, id)
		require.Contains(t, w.queue.ids(), after.ID)

		for range 30 {
			history := unchecked()
			var both sync.WaitGroup
			both.Go(func() { check(history) })
			run := w.start(history, id)
			both.Wait()
			require.Contains(t, w.queue.ids(), run.ID)
		}
	})
}
