package upload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/internal/testdb"
	"entrepot/upload"
	"entrepot/viewer"
)

const dayLong = 24 * time.Hour

// aged makes the history, and its imports, as old as that at the house's time.
func (h *house) aged(t *testing.T, of *ent.ReviewUploadHistory, age time.Duration) {
	t.Helper()
	at := h.now.Add(-age)
	for _, text := range []string{
		"UPDATE review_upload_histories SET created_at = $1 WHERE id = $2",
		"UPDATE imports SET created_at = $1 WHERE upload_history_id = $2",
	} {
		_, err := testdb.Raw(t, h.db).ExecContext(t.Context(), text, at, of.ID)
		require.NoError(t, err)
	}
}

// swept calls Sweep until there is nothing more to do, and tells how often it found something.
func (h *house) swept(t *testing.T) (n int) {
	t.Helper()
	for {
		found, err := h.Sweep(t.Context())
		require.NoError(t, err)
		if !found {
			return n
		}
		n++
		require.Less(t, n, 50)
	}
}

// later has every organization's time come again.
func (h *house) later() { h.now = h.now.Add(7 * time.Hour) }

// filled is a history with everything that may be kept of a file.
func (h *house) filled(t *testing.T, key string) (*ent.ReviewUploadHistory, *ent.ImportRun) {
	t.Helper()
	stored := h.check(t, h.store(t, asAda(t), h.write(t, key, "a,b\n"+secret+",2\n"+secret+"\n")))
	return stored, h.ended(t, stored)
}

func (h *house) run(t *testing.T, id string) (run *ent.ImportRun) {
	t.Helper()
	h.system(t, func(ctx context.Context, c *ent.Client) { run = c.ImportRun.GetX(ctx, id) })
	return run
}

// kept is what there is of an import: row errors, log lines and results.
func (h *house) kept(t *testing.T) (n [3]int) {
	t.Helper()
	h.system(t, func(ctx context.Context, c *ent.Client) {
		n = [3]int{
			c.ImportRowError.Query().CountX(ctx), c.ImportLogLine.Query().CountX(ctx), c.ImportResult.Query().CountX(ctx),
		}
	})
	return n
}

func TestNothingIsErasedWithoutARetention(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored, run := h.filled(t, "org-one/grp-one/x")
		h.aged(t, stored, 100*365*dayLong)
		before := h.everything(t)
		require.Equal(t, 2, h.swept(t), "each organization once")
		h.later()
		require.Equal(t, 2, h.swept(t))
		require.Equal(t, before, h.everything(t))
		require.True(t, h.exists(t, *run.RejectedRowsKey))
		require.Empty(t, h.jobs.erases)
	})
}

func TestFilesAreKeptSoLong(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		old, run := h.filled(t, "org-one/grp-one/old")
		busy, _ := h.filled(t, "org-one/grp-one/busy")
		waiting := h.pendingImport2(t, busy)
		read, corrected := h.filled(t, "org-one/grp-one/read")
		young, _ := h.filled(t, "org-one/grp-one/young")
		others := h.check(t, h.store(t, as(t, bob, org, nextGroup), h.write(t, "org-one/grp-next/x", titled)))
		attempt, err := h.Store(asAda(t), upload.StoreInput{FileName: "a", GCSPath: "a", ErrorReason: pointer("lost")})
		require.NoError(t, err)
		reader := h.correcting(t, corrected, young)
		for _, one := range []*ent.ReviewUploadHistory{old, busy, read, others, attempt} {
			h.aged(t, one, 90*dayLong+time.Minute)
		}
		h.aged(t, young, 90*dayLong-time.Minute)
		erased := func() (keys []string) {
			for _, job := range h.jobs.erases {
				keys = append(keys, job[1:]...)
			}
			return keys
		}
		h.swept(t)
		require.ElementsMatch(t,
			[]string{"org-one/grp-one/old", *run.RejectedRowsKey, "org-one/grp-next/x"}, erased())
		gone := h.read(t, old.ID)
		require.Equal(t, h.now, gone.DeletedAt.UTC())
		require.Equal(t, definition.UploadSuccess, gone.Status)
		require.NotNil(t, h.run(t, run.ID).RowErrorsErasedAt)
		require.Equal(t, 1, h.run(t, run.ID).ResultCount)
		for _, one := range []*ent.ReviewUploadHistory{busy, read, young, attempt} {
			require.Nil(t, h.read(t, one.ID).DeletedAt)
		}

		// What kept the others has ended. Until its time has come nobody looks.
		for _, id := range []string{waiting, reader} {
			h.system(t, func(ctx context.Context, c *ent.Client) {
				c.ImportRun.UpdateOneID(id).SetStatus(definition.ImportCanceled).SetProcessedAt(h.now).ExecX(ctx)
			})
		}
		before := len(h.jobs.erases)
		require.Zero(t, h.swept(t))
		h.later() // which makes the young one old enough too
		h.swept(t)
		for _, one := range []*ent.ReviewUploadHistory{busy, read, young} {
			require.NotNil(t, h.read(t, one.ID).DeletedAt)
		}
		require.Nil(t, h.read(t, attempt.ID).DeletedAt, "it has no file")
		require.Len(t, h.jobs.erases, before+3)
		require.Equal(t, 4, h.kept(t)[2], "results stay")
	}, func(c *upload.Config) { c.Retention.Files = 90 * dayLong })
}

// pendingImport2 is another import that waits, with the definition that there is.
func (h *house) pendingImport2(t *testing.T, of *ent.ReviewUploadHistory) (id string) {
	t.Helper()
	h.system(t, func(ctx context.Context, c *ent.Client) {
		v := c.ImportDefinitionVersion.Query().FirstX(ctx)
		id = c.ImportRun.Create().SetOrganizationID(org).SetGroupID(of.GroupID).SetUserID(of.UserID).SetUploadHistoryID(of.ID).
			SetDefinitionOrganizationID(org).SetImportDefinitionID(v.ImportDefinitionID).SetDefinitionVersionID(v.ID).
			SetDefinitionVersion(1).SetFormat(definition.Format{}).SetOnInvalidRow(definition.InvalidRowFail).
			SetFileName(of.FileName).SaveX(ctx).ID
	})
	return id
}

// correcting is an import that waits to correct another one by a file.
func (h *house) correcting(t *testing.T, earlier *ent.ImportRun, by *ent.ReviewUploadHistory) (id string) {
	t.Helper()
	h.system(t, func(ctx context.Context, c *ent.Client) {
		id = c.ImportRun.Create().SetOrganizationID(org).SetGroupID(by.GroupID).SetUserID(ada).SetUploadHistoryID(by.ID).
			SetDefinitionOrganizationID(org).SetImportDefinitionID(earlier.ImportDefinitionID).
			SetDefinitionVersionID(earlier.DefinitionVersionID).SetDefinitionVersion(1).SetFormat(definition.Format{}).
			SetOnInvalidRow(definition.InvalidRowSkip).SetFileName(by.FileName).SetCorrectionOfID(earlier.ID).SaveX(ctx).ID
	})
	return id
}

func TestRowErrorsAreKeptSoLong(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		old, run := h.filled(t, "org-one/grp-one/old")
		running := h.pendingImport2(t, old)
		h.system(t, func(ctx context.Context, c *ent.Client) {
			c.ImportRowError.Create().SetOrganizationID(org).SetImportID(running).SetPosition(0).SetRow(1).
				SetCode(definition.RowNumberInvalid).SetValue(secret).SetMessage("m").ExecX(ctx)
		})
		_, other := h.filled(t, "org-one/grp-one/young")
		h.aged(t, old, 30*dayLong+time.Minute)
		require.Equal(t, [3]int{7, 2, 2}, h.kept(t))

		h.swept(t)
		require.Equal(t, [3]int{4, 1, 2}, h.kept(t), "of the young one, and of the one that runs")
		gone := h.run(t, run.ID)
		require.Equal(t, h.now, gone.RowErrorsErasedAt.UTC())
		require.Empty(t, gone.ErrorGroups[0].Sample.Value)
		require.EqualValues(t, 2, gone.ErrorGroups[0].Count)
		require.EqualValues(t, 2, gone.RejectedRowCount)
		require.Nil(t, gone.RejectedRowsKey)
		require.Equal(t, h.now, h.read(t, old.ID).ErrorsErasedAt.UTC())
		require.Nil(t, h.read(t, old.ID).DeletedAt, "the file stays")
		require.Equal(t, []string{secret}, h.read(t, old.ID).Columns[0].Samples, "which has the samples")
		require.Equal(t, [][]string{{org, *run.RejectedRowsKey}}, h.jobs.erases)
		require.Nil(t, h.run(t, running).RowErrorsErasedAt)
		require.Nil(t, h.run(t, other.ID).RowErrorsErasedAt)

		// A check that is made again finds them again, and they are as old as the file.
		h.again(t, old, nil)
		require.Nil(t, h.read(t, old.ID).ErrorsErasedAt)
		h.check(t, old)
		require.Equal(t, 5, h.kept(t)[0])
		h.later()
		h.swept(t)
		require.Equal(t, 4, h.kept(t)[0])
	}, func(c *upload.Config) { c.Retention.RowErrors = 30 * dayLong })
}

func TestResultsAreKeptSoLong(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		old, run := h.filled(t, "org-one/grp-one/old")
		_, other := h.filled(t, "org-one/grp-one/young")
		h.aged(t, old, 365*dayLong+time.Minute)
		require.Equal(t, [3]int{6, 2, 2}, h.kept(t))
		h.swept(t)
		require.Equal(t, [3]int{6, 2, 1}, h.kept(t))
		gone := h.run(t, run.ID)
		require.Equal(t, h.now, gone.ResultsErasedAt.UTC())
		require.Equal(t, 1, gone.ResultCount)
		require.Equal(t, definition.ImportPartiallyCompleted, gone.Status)
		require.Nil(t, gone.RowErrorsErasedAt)
		require.Nil(t, h.run(t, other.ID).ResultsErasedAt)
		require.Empty(t, h.jobs.erases)
	}, func(c *upload.Config) { c.Retention.Results = 365 * dayLong })
}

// More than one batch is done by more than one turn, the oldest first, with the others' turns between.
func TestASweepIsBoundedAndGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *upload.Config) { c.Retention.Files = dayLong })
	const files = 230
	h.system(t, func(ctx context.Context, c *ent.Client) {
		for i := range files {
			path := h.bucket.Path(fmt.Sprint("org-one/grp-one/", i))
			c.ReviewUploadHistory.Create().SetID(int64(i + 1)).SetOrganizationID(org).SetGroupID(group).SetUserID(ada).SetFileName("x").
				SetGcsPath(path).SetUniquePath(path).SetStatus(definition.UploadSuccess).
				SetCreatedAt(h.now.Add(-2 * dayLong).Add(time.Duration(i) * time.Second)).ExecX(ctx)
		}
	})
	erased := func() (n int) {
		for _, one := range h.all(t) {
			if one.DeletedAt != nil {
				n++
			}
		}
		return n
	}
	for _, want := range []int{100, 100, 200, 230} { // the second turn is the other organization's
		found, err := h.Sweep(t.Context())
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, erased())
	}
	require.Zero(t, h.swept(t))
	require.Equal(t, []string{org, "org-one/grp-one/0"}, h.jobs.erases[0])
}

func TestFilesThatNobodyRecordedAreErasedAfterADay(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		issue := func(ctx context.Context) upload.Issued {
			t.Helper()
			issued, err := h.Create(ctx, upload.CreateInput{FileName: "a.csv", Size: 4})
			require.NoError(t, err)
			return issued
		}
		put := func(issued upload.Issued) string {
			t.Helper()
			require.Equal(t, 200, send(t, issued, "a\n1\n"))
			key, _ := h.bucket.Key(issued.GCSPath)
			return key
		}
		rows := func() (n int) {
			h.system(t, func(ctx context.Context, c *ent.Client) { n = c.IssuedUpload.Query().CountX(ctx) })
			return n
		}
		h.now = time.Now() // by which the bucket signs
		recorded, lost, foreign := issue(asAda(t)), issue(asAda(t)), issue(asAda(t))
		issue(asAda(t)) // and never used
		keep, stray := put(recorded), put(lost)
		good := h.check(t, h.store(t, asAda(t), recorded.GCSPath))
		squatted := put(foreign)
		h.store(t, as(t, bob, org, nextGroup), foreign.GCSPath) // which is none of this group's business
		again := issue(asAda(t))
		erased := put(again)
		_, err := h.Delete(asAda(t), globalID(h.check(t, h.store(t, asAda(t), again.GCSPath))))
		require.NoError(t, err)
		h.eraseJobs(t)
		require.False(t, h.exists(t, erased))
		put(again) // the URL works as long as it did not expire
		unissued := h.write(t, "org-one/grp-one/by-hand", "a\n1\n")
		require.Equal(t, 5, rows())

		h.now = h.now.Add(15*time.Minute + dayLong - time.Second)
		h.swept(t)
		require.True(t, h.exists(t, stray), "not yet")
		h.now = h.now.Add(7 * time.Hour)
		h.swept(t)
		require.True(t, h.exists(t, keep))
		for _, key := range []string{stray, squatted, erased} {
			require.False(t, h.exists(t, key))
		}
		require.True(t, h.exists(t, "org-one/grp-one/by-hand"), "what the database does not know is left alone")
		require.Equal(t, 4, rows(), "that of the recorded one has done its work")

		// An upload that was begun as resumable may end days later.
		h.write(t, stray, "a\n1\n")
		h.now = h.now.Add(6 * dayLong)
		h.swept(t)
		require.True(t, h.exists(t, stray))
		h.now = h.now.Add(2 * dayLong)
		h.swept(t)
		require.False(t, h.exists(t, stray))
		require.Zero(t, rows())
		require.Nil(t, h.read(t, good.ID).DeletedAt)
		require.Equal(t, definition.UploadSuccess, h.check(t, h.store(t, asAda(t), unissued)).Status)
	})
}

func TestLeftoversOfAttemptsAreErased(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		_, run := h.filled(t, "org-one/grp-one/x")
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/y", titled)))
		running := h.pendingImport2(t, stored)
		object := func(of string, attempt int) string {
			key := fmt.Sprintf("org-one/grp-one/%s-%d-rejected.csv", of, attempt)
			h.write(t, key, secret)
			return key
		}
		leftovers := []string{object(run.ID, 2), object(run.ID, 11)}
		others := []string{
			object(running, 1), object("imp-unknown", 1), *run.RejectedRowsKey, "org-one/grp-one/x",
			"org-one/grp-one/" + run.ID + "-rejected.csv", "org-one/grp-one/" + run.ID + "-1-rejected.csv.bak",
		}
		h.write(t, others[4], "a")
		h.write(t, others[5], "a")
		h.now = time.Now().Add(dayLong - time.Minute)
		h.swept(t)
		for _, key := range append(leftovers, others...) {
			require.True(t, h.exists(t, key), "a day old: %s", key)
		}
		h.later()
		h.swept(t)
		for _, key := range leftovers {
			require.False(t, h.exists(t, key), key)
		}
		for _, key := range others {
			require.True(t, h.exists(t, key), key)
		}
		h.system(t, func(ctx context.Context, c *ent.Client) {
			c.ImportRun.UpdateOneID(running).SetStatus(definition.ImportCanceled).SetProcessedAt(h.now).ExecX(ctx)
		})
		h.later()
		h.swept(t)
		require.False(t, h.exists(t, others[0]))
	})
}

// Each organization is taken by one of any number of processes, and nobody acts for another one.
func TestManySweepAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for i := range 20 {
			id := fmt.Sprint("org-more-", i)
			ctx := viewer.NewContext(t.Context(), viewer.Worker("test", id))
			require.NoError(t, h.db.Do(ctx, "more", func(ctx context.Context) error {
				return h.db.Client().Organization.Create().SetID(id).SetName(id).SetSlug(id).Exec(ctx)
			}))
		}
		stored, _ := h.filled(t, "org-one/grp-one/x")
		h.aged(t, stored, 2*dayLong)
		var wg sync.WaitGroup
		found := make([]int, 6)
		for i := range found {
			wg.Go(func() {
				for {
					ok, err := h.Sweep(t.Context())
					if err != nil {
						t.Errorf("%v", err)
						return
					}
					if !ok {
						return
					}
					found[i]++
				}
			})
		}
		wg.Wait()
		total := 0
		for _, n := range found {
			total += n
		}
		require.Equal(t, 22, total)
		require.Len(t, h.jobs.erases, 1)
		require.NotNil(t, h.read(t, stored.ID).DeletedAt)
	}, func(c *upload.Config) { c.Retention.Files = dayLong })
}

func TestASweepGoesOnWithoutABucketAndSaysSo(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHouse(t, func(c *upload.Config) {
		c.Retention = upload.Retention{Files: dayLong, Results: dayLong}
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	stored, _ := h.filled(t, "org-one/grp-one/x")
	h.aged(t, stored, 2*dayLong)
	require.NoError(t, h.bucket.Close())
	var failed error
	for range 2 {
		found, err := h.Sweep(t.Context())
		require.True(t, found)
		failed = errors.Join(failed, err)
	}
	require.ErrorContains(t, failed, "leftovers")
	require.NotNil(t, h.read(t, stored.ID).DeletedAt, "the job erases the objects when it can")
	require.Zero(t, h.kept(t)[2])
	require.Contains(t, log.String(), "organization=org-one files=1 row_errors_of=0 results_of=1")
	require.Zero(t, h.swept(t), "it is tried the next time")
}

func TestTheDatabaseIsAwayWhileSweeping(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.db.Close())
	found, err := h.Sweep(t.Context())
	require.False(t, found)
	require.True(t, database.Unavailable(err))
}
