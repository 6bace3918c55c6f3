package upload_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlogline"
	"entrepot/ent/importresult"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/event"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// secret is a cell: it must be nowhere once it was erased.
const secret = "geheim"

// globalID is what the API calls a history.
func globalID(h *ent.ReviewUploadHistory) string {
	return prefixid.FromNumber(prefixid.UploadHistory, h.ID)
}

// refused requires the one code that a command was refused with, and gives the refusal.
func refused(t *testing.T, err error, code refusal.Code) refusal.Error {
	t.Helper()
	errs, ok := refusal.From(err)
	require.True(t, ok, "%v is no refusal", err)
	require.Len(t, errs, 1)
	require.Equal(t, code, errs[0].Code)
	require.NotEmpty(t, errs[0].Message)
	return errs[0]
}

// as a part of the server does something for the organization.
func (h *house) system(t *testing.T, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	require.NoError(t, h.db.Do(system(t, org), "test", func(ctx context.Context) error {
		f(ctx, h.db.Client())
		return nil
	}))
}

// ended makes an import of the history that has ended with a result, two row errors, a line in its log, and an object
// with the rows that were set aside.
func (h *house) ended(t *testing.T, of *ent.ReviewUploadHistory) *ent.ImportRun {
	t.Helper()
	id := h.pendingImport(t, of)
	key := fmt.Sprintf("%s/%s/%s-1-rejected.csv", of.OrganizationID, of.GroupID, id)
	h.write(t, key, "a,_row\n"+secret+",1\n")
	var run *ent.ImportRun
	h.system(t, func(ctx context.Context, c *ent.Client) {
		sample := definition.RowError{Row: 1, Column: "a", Code: definition.RowNumberInvalid, Value: secret, Message: "No number."}
		c.ImportRun.UpdateOneID(id).SetStatus(definition.ImportProcessing).SetAttempt(1).ExecX(ctx)
		for i := range 2 {
			c.ImportRowError.Create().SetOrganizationID(org).SetImportID(id).SetPosition(i).SetRow(int64(i + 1)).SetColumn("a").
				SetCode(sample.Code).SetValue(secret).SetMessage(sample.Message).ExecX(ctx)
		}
		c.ImportLogLine.Create().SetOrganizationID(org).SetGroupID(of.GroupID).SetImportID(id).SetPosition(0).
			SetLevel(definition.LogLevelInfo).SetMessage("seen: " + secret).ExecX(ctx)
		c.ImportResult.Create().SetOrganizationID(org).SetImportID(id).SetAttempt(1).SetYear(2024).
			SetPeriodUnit(definition.Yearly).SetPeriod(1).SetProcessedData([]byte(`{"sum":1}`)).SetRowsProcessed(1).ExecX(ctx)
		run = c.ImportRun.UpdateOneID(id).SetStatus(definition.ImportPartiallyCompleted).SetProcessedAt(h.now).
			SetProcessedRowCount(3).SetAcceptedRowCount(1).SetRejectedRowCount(2).SetResultCount(1).SetRejectedRowsKey(key).
			SetErrorGroups([]definition.ErrorGroup{{
				Code: sample.Code, Column: "a", Count: 2, RowRanges: []definition.RowRange{{First: 1, Last: 2}}, Sample: sample,
			}}).SaveX(ctx)
	})
	return run
}

// exists tells whether an object is in the bucket.
func (h *house) exists(t *testing.T, key string) bool {
	t.Helper()
	_, err := h.bucket.Attributes(t.Context(), key)
	if err != nil {
		require.ErrorIs(t, err, storage.ErrNotFound)
	}
	return err == nil
}

// eraseJobs works the jobs that were enqueued.
func (h *house) eraseJobs(t *testing.T) {
	t.Helper()
	for _, job := range h.jobs.erases {
		require.NoError(t, h.Erase(t.Context(), job[0], job[1:]))
	}
}

// everything is all that the database holds of the organization's files, as text.
func (h *house) everything(t *testing.T) (text string) {
	t.Helper()
	h.system(t, func(ctx context.Context, c *ent.Client) {
		for _, rows := range []any{
			c.ReviewUploadHistory.Query().AllX(ctx), c.ImportRun.Query().AllX(ctx), c.ImportRowError.Query().AllX(ctx),
			c.ImportLogLine.Query().AllX(ctx), c.ImportResult.Query().AllX(ctx), c.IssuedUpload.Query().AllX(ctx),
		} {
			text += fmt.Sprintln(rows)
		}
	})
	return text
}

func TestDeleteErasesTheFileAndWhatWasKeptOfItsCells(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		path := h.put(t, asAda(t), "data.csv", "a,b\n"+secret+",2\n"+secret+"\n")
		stored := h.check(t, h.store(t, asAda(t), path))
		require.Equal(t, []string{secret}, stored.Columns[0].Samples)
		require.Len(t, h.rowErrors(t, asAda(t), stored.ID), 1)
		runs := []*ent.ImportRun{h.ended(t, stored), h.ended(t, stored)}
		require.Contains(t, h.everything(t), secret)
		key, _ := h.bucket.Key(path)
		changes := h.bus.Subscribe(org, event.UploadHistory)
		h.now = h.now.Add(time.Hour)

		deleted, err := h.Delete(as(t, bob, org, group), " "+globalID(stored)+" ")
		require.NoError(t, err)
		require.Equal(t, h.now, deleted.DeletedAt.UTC())
		require.Equal(t, h.now, deleted.ErrorsErasedAt.UTC())
		require.Equal(t, "Name user-ada", deleted.Edges.User.Name, "it stays Ada's")
		require.NotContains(t, h.everything(t), secret)
		require.Equal(t, []event.Change{{
			Kind: event.UploadHistory, OrganizationID: org, ID: globalID(stored), Final: true,
		}}, changes.Take())

		// The record stays, with what is no cell.
		require.Equal(t, definition.UploadSuccess, deleted.Status)
		require.Equal(t, "data.csv", deleted.FileName)
		require.Equal(t, stored.Sha256, deleted.Sha256)
		require.Equal(t, stored.RowCount, deleted.RowCount)
		require.Equal(t, stored.ValidatedAt, deleted.ValidatedAt)
		require.Equal(t, []definition.DetectedColumn{
			{Index: 0, Header: "a", Type: definition.TypeString}, {Index: 1, Header: "b", Type: definition.TypeInteger},
		}, deleted.Columns)
		h.system(t, func(ctx context.Context, c *ent.Client) {
			for _, before := range runs {
				run := c.ImportRun.GetX(ctx, before.ID)
				require.Equal(t, h.now, run.RowErrorsErasedAt.UTC())
				require.Nil(t, run.RejectedRowsKey)
				require.Nil(t, run.ResultsErasedAt)
				want := before.ErrorGroups
				want[0].Sample.Value = ""
				require.Equal(t, want, run.ErrorGroups, "counts, rows and messages stay")
				require.Equal(t, 1, c.ImportResult.Query().Where(importresult.ImportID(run.ID)).CountX(ctx))
			}
		})

		// The objects go with the job, and nobody is given them before.
		_, _, err = h.Original(asAda(t), deleted)
		require.ErrorIs(t, err, upload.ErrNoOriginal)
		require.Equal(t, [][]string{{org, key, *runs[0].RejectedRowsKey, *runs[1].RejectedRowsKey}}, h.jobs.erases)
		for range 2 { // a job may be worked twice
			h.eraseJobs(t)
			for _, gone := range h.jobs.erases[0][1:] {
				require.False(t, h.exists(t, gone), gone)
			}
		}

		again, err := h.Delete(asAda(t), globalID(stored))
		require.NoError(t, err)
		require.Equal(t, deleted.String(), again.String())
		require.Len(t, h.jobs.erases, 1)
		require.Empty(t, changes.Take())

		same := h.store(t, asAda(t), path)
		require.Equal(t, deleted.String(), same.String(), "the path stays the record's")
		require.Equal(t, 1, h.count(t))
		require.Equal(t, deleted.String(), h.check(t, same).String(), "and is not checked again")
	})
}

func TestAFileIsNotErasedWhileAnImportReadsIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n")))
		requireInUse := func(id string) {
			t.Helper()
			_, err := h.Delete(asAda(t), globalID(stored))
			e := refused(t, err, refusal.InUse)
			require.Equal(t, []string{"input", "id"}, e.Field)
			require.Equal(t, []definition.Param{{Name: "importId", Value: id}}, e.Params)
			require.Nil(t, h.read(t, stored.ID).DeletedAt)
		}
		own := h.pendingImport(t, stored)
		move := func(id string, to definition.ImportStatus) {
			h.system(t, func(ctx context.Context, c *ent.Client) {
				update := c.ImportRun.UpdateOneID(id).SetStatus(to)
				if to == definition.ImportCanceled {
					update.SetProcessedAt(h.now)
				}
				update.ExecX(ctx)
			})
		}
		requireInUse(own)
		move(own, definition.ImportProcessing)
		requireInUse(own)
		move(own, definition.ImportCanceled)

		// A correction of a correction reads the files of both.
		other := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/y", "a\n1\n")))
		correct := func(earlier string) (id string) {
			h.system(t, func(ctx context.Context, c *ent.Client) {
				run := c.ImportRun.GetX(ctx, earlier)
				id = c.ImportRun.Create().SetOrganizationID(org).SetGroupID(group).SetUserID(ada).SetUploadHistoryID(other.ID).
					SetDefinitionOrganizationID(org).SetImportDefinitionID(run.ImportDefinitionID).
					SetDefinitionVersionID(run.DefinitionVersionID).SetDefinitionVersion(1).SetFormat(definition.Format{}).
					SetOnInvalidRow(definition.InvalidRowSkip).SetFileName("y").SetCorrectionOfID(earlier).SaveX(ctx).ID
			})
			return id
		}
		first := correct(own)
		requireInUse(first)
		move(first, definition.ImportCanceled)
		second := correct(first)
		requireInUse(second)
		move(second, definition.ImportCanceled)

		deleted, err := h.Delete(asAda(t), globalID(stored))
		require.NoError(t, err)
		require.NotNil(t, deleted.DeletedAt)
		require.Nil(t, h.read(t, other.ID).DeletedAt, "each file for itself")
		require.Equal(t, [][]string{{org, "org-one/grp-one/x"}}, h.jobs.erases)
	})
}

func TestDeleteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a,b\n"+secret+",1\n1\n")))
		run := h.ended(t, stored)
		before := h.everything(t)
		changes := h.bus.Subscribe(org, event.UploadHistory)
		h.jobs.err = context.DeadlineExceeded // the process dies before the commit
		_, err := h.Delete(asAda(t), globalID(stored))
		require.ErrorIs(t, err, h.jobs.err)
		require.Equal(t, before, h.everything(t))
		require.True(t, h.exists(t, "org-one/grp-one/x"))
		require.True(t, h.exists(t, *run.RejectedRowsKey))
		require.Empty(t, changes.Take())

		h.jobs.err = nil
		_, err = h.Delete(asAda(t), globalID(stored))
		require.NoError(t, err)
		require.True(t, h.exists(t, "org-one/grp-one/x"), "and here after it: the job is there")
		h.eraseJobs(t)
		require.False(t, h.exists(t, "org-one/grp-one/x"))
		require.False(t, h.exists(t, *run.RejectedRowsKey))
	})
}

func TestErasingIsTriedUntilItIsDone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHouse(t, func(c *upload.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	keys := []string{"org-one/grp-one/x", "org-one/grp-one/y"}
	h.write(t, keys[1], "a\n1\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.Erase(ctx, org, keys), context.Canceled, "a worker that stops")
	require.Empty(t, log.String())

	away := newHouse(t, func(c *upload.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	require.NoError(t, away.bucket.Close())
	wait := 5 * time.Second
	for range 20 {
		var retry *upload.RetryError
		require.ErrorAs(t, away.Erase(t.Context(), org, keys), &retry)
		require.Equal(t, min(wait, 10*time.Minute), retry.RetryAfter())
		wait *= 2
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())

	require.NoError(t, h.Erase(t.Context(), org, keys), "what is not there is nothing to do")
	require.False(t, h.exists(t, keys[1]))
	h.write(t, "org-two/grp-two/z", "a\n")
	require.ErrorContains(t, h.Erase(t.Context(), org, []string{"org-two/grp-two/z"}), "not the organization's")
	require.ErrorContains(t, h.Erase(t.Context(), org, []string{"org-one2/x"}), "not the organization's")
	require.True(t, h.exists(t, "org-two/grp-two/z"))
}

func TestAFileThatWasNotCheckedIsErased(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for i, status := range []definition.UploadStatus{definition.UploadNotyet, definition.UploadProcessing} {
			key := fmt.Sprint("org-one/grp-one/", i)
			stored := h.store(t, asAda(t), h.write(t, key, "a\n1\n"))
			h.system(t, func(ctx context.Context, c *ent.Client) {
				c.ReviewUploadHistory.UpdateOneID(stored.ID).SetStatus(status).ExecX(ctx)
			})
			deleted, err := h.Delete(asAda(t), globalID(stored))
			require.NoError(t, err)
			require.Equal(t, definition.UploadFailure, deleted.Status)
			require.Equal(t, "The file was erased before its check had ended.", *deleted.ErrorReason)
			require.Nil(t, deleted.ValidatedAt)
			require.Equal(t, deleted.Revision, h.check(t, stored).Revision, "its job finds nothing to do")
			require.Equal(t, []string{org, key}, h.jobs.erases[i])
		}
	})
}

// A check that is reading the file when it is erased writes nothing of it.
func TestACheckThatIsUnderWayKeepsNothingOfAnErasedFile(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, ...testdb.Option) *database.DB{
		"sqlite": testdb.NewSQLite, "postgres": testdb.NewPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h *house
			var stored *ent.ReviewUploadHistory
			var once sync.Once
			db := open(t, testdb.OnStatement(func(_ context.Context, query string) {
				// The file was read; it is looked whether there is another one with this content.
				if stored == nil || !strings.Contains(query, "sha256") || !strings.HasPrefix(query, "SELECT") ||
					!strings.Contains(query, "LIMIT 1") {
					return
				}
				once.Do(func() {
					_, err := h.Delete(asAda(t), globalID(stored))
					require.NoError(t, err)
				})
			}))
			h = newHouseOn(t, db)
			uploaded := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a,b\n"+secret+",1\n"+secret+"\n"))
			stored = uploaded
			checked := h.check(t, uploaded)
			require.NotNil(t, checked.DeletedAt)
			require.Equal(t, definition.UploadFailure, checked.Status)
			require.NotContains(t, h.everything(t), secret)
			require.Empty(t, h.rowErrors(t, asAda(t), uploaded.ID))
		})
	}
}

// Attempts that failed in the client have no file: that at their path is of the record that has one.
func TestErasingAFailedAttemptLeavesTheFileOfThePath(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		path := h.write(t, "org-one/grp-one/x", "a\n1\n")
		attempt, err := h.Store(asAda(t), upload.StoreInput{FileName: "a.csv", GCSPath: path, ErrorReason: pointer("lost")})
		require.NoError(t, err)
		good := h.check(t, h.store(t, asAda(t), path))
		foreign := h.store(t, as(t, bob, org, nextGroup), path)
		for _, one := range []struct {
			ctx context.Context
			h   *ent.ReviewUploadHistory
		}{{asAda(t), attempt}, {as(t, bob, org, nextGroup), foreign}} {
			deleted, err := h.Delete(one.ctx, globalID(one.h))
			require.NoError(t, err)
			require.NotNil(t, deleted.DeletedAt)
		}
		require.Equal(t, "lost", *h.read(t, attempt.ID).ErrorReason)
		require.Empty(t, h.jobs.erases)
		_, _, err = h.Original(asAda(t), good)
		require.NoError(t, err)
	})
}

// A signed URL tells the path of a file that the server made. Recorded as an upload it is still the import's.
func TestErasingARecordOfSetAsideRowsLeavesThemToTheirImport(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		run := h.ended(t, h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n"))))
		recorded := h.check(t, h.store(t, asAda(t), h.bucket.Path(*run.RejectedRowsKey)))
		_, err := h.Delete(asAda(t), globalID(recorded))
		require.NoError(t, err)
		h.eraseJobs(t)
		require.True(t, h.exists(t, *run.RejectedRowsKey))
	})
}

func TestWhoMayNotDeleteOrRevalidate(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n")))
		reader := viewer.NewContext(t.Context(), viewer.Viewer{
			UserID: ada, OrganizationID: org, GroupID: group, Role: viewer.RoleViewer,
		})
		owner := viewer.NewContext(t.Context(), viewer.Viewer{
			UserID: bob, OrganizationID: org, GroupID: nextGroup, Role: viewer.RoleOwner,
		})
		before, jobs := h.everything(t), len(h.jobs.checks)
		for _, c := range []struct {
			who  context.Context
			id   string
			code refusal.Code
		}{
			{t.Context(), globalID(stored), refusal.Forbidden},
			{reader, globalID(stored), refusal.Forbidden},
			{as(t, ada, org, ""), globalID(stored), refusal.GroupRequired},
			{as(t, bob, org, nextGroup), globalID(stored), refusal.NotFound},
			{owner, globalID(stored), refusal.NotFound},
			{as(t, eve, otherOrg, otherGroup), globalID(stored), refusal.NotFound},
			{as(t, eve, otherOrg, group), globalID(stored), refusal.NotFound},
			{asAda(t), "upl-1", refusal.NotFound},
			{asAda(t), "", refusal.NotFound},
			{asAda(t), "upl-0" + fmt.Sprint(stored.ID), refusal.NotFound},
			{asAda(t), fmt.Sprint(stored.ID), refusal.NotFound},
			{asAda(t), "imp-" + fmt.Sprint(stored.ID), refusal.NotFound},
			{asAda(t), "upl-99999999999999999999", refusal.NotFound},
		} {
			_, err := h.Delete(c.who, c.id)
			deleting := refused(t, err, c.code)
			_, err = h.Revalidate(c.who, upload.RevalidateInput{ID: c.id})
			require.Equal(t, deleting, refused(t, err, c.code), c.id)
		}
		require.Equal(t, before, h.everything(t))
		require.Len(t, h.jobs.checks, jobs)
		require.Empty(t, h.jobs.erases)
	})
}

// What is enqueued for many imports is cut into jobs of bounded size.
func TestManyObjectsAreErasedByManyJobs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n")))
	first := h.ended(t, stored)
	const more = 204
	h.system(t, func(ctx context.Context, c *ent.Client) {
		for i := range more {
			c.ImportRun.Create().SetOrganizationID(org).SetGroupID(group).SetUserID(ada).SetUploadHistoryID(stored.ID).
				SetDefinitionOrganizationID(org).SetImportDefinitionID(first.ImportDefinitionID).
				SetDefinitionVersionID(first.DefinitionVersionID).SetDefinitionVersion(1).SetFormat(definition.Format{}).
				SetOnInvalidRow(definition.InvalidRowSkip).SetFileName("x").SetStatus(definition.ImportCanceled).
				SetProcessedAt(h.now).SetRejectedRowsKey(fmt.Sprint("org-one/grp-one/imp-", i)).ExecX(ctx)
		}
	})
	_, err := h.Delete(asAda(t), globalID(stored))
	require.NoError(t, err)
	require.Len(t, h.jobs.erases, 2)
	require.Len(t, h.jobs.erases[0], 1+200)
	require.Len(t, h.jobs.erases[1], 1+more+2-200)
	h.system(t, func(ctx context.Context, c *ent.Client) {
		require.Zero(t, c.ImportRun.Query().Where(importrun.RejectedRowsKeyNotNil()).CountX(ctx))
		require.Zero(t, c.ImportRowError.Query().Where(importrowerror.ImportIDNotNil()).CountX(ctx))
		require.Zero(t, c.ImportLogLine.Query().Where(importlogline.OrganizationID(org)).CountX(ctx))
		require.Zero(t, c.ReviewUploadHistory.Query().Where(reviewuploadhistory.DeletedAtIsNil()).CountX(ctx))
	})
}

// What a definition's code has thrown may quote cells; where it did stays.
func TestWordsOfCodeAreErasedWithTheFile(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", "a\n1\n")))
		type words struct {
			code   definition.ImportErrorCode
			text   string
			params []definition.Param
		}
		place := []definition.Param{
			{Name: "site", Value: "Ankara"}, {Name: "line", Value: "7"}, {Name: "column", Value: "47"}, {Name: "row", Value: "2"},
		}
		said := append(slices.Clone(place), definition.Param{Name: "thrown", Value: secret})
		after := map[string]words{}
		for i, c := range []struct{ before, after words }{
			{
				words{
					definition.ErrorScriptThrew,
					"site 'Ankara': the script threw at line 7, column 47 about row 2: Error: " + secret, said,
				},
				words{definition.ErrorScriptThrew, "site 'Ankara': the script threw at line 7, column 47 about row 2; " +
					"the details were erased with the file's rows", place},
			},
			{
				words{definition.ErrorScriptOutputInvalid, "there is no output '" + secret + "'", said[4:]},
				words{definition.ErrorScriptOutputInvalid, "the script returned what its outputs cannot be; " +
					"the details were erased with the file's rows", nil},
			},
			{
				words{definition.ErrorColumnMissing, "column 'a' is not in the file", place[:1]},
				words{definition.ErrorColumnMissing, "column 'a' is not in the file", place[:1]},
			},
		} {
			var id string
			if i == 0 {
				id = h.pendingImport(t, stored)
			} else {
				id = h.pendingImport2(t, stored)
			}
			h.system(t, func(ctx context.Context, cl *ent.Client) {
				cl.ImportRun.UpdateOneID(id).SetStatus(definition.ImportFailed).SetProcessedAt(h.now).SetErrorCode(c.before.code).
					SetError(c.before.text).SetErrorParams(c.before.params).ExecX(ctx)
			})
			after[id] = c.after
		}
		_, err := h.Delete(asAda(t), globalID(stored))
		require.NoError(t, err)
		require.NotContains(t, h.everything(t), secret)
		for id, want := range after {
			run := h.run(t, id)
			require.Equal(t, want, words{*run.ErrorCode, *run.Error, run.ErrorParams})
		}
	})
}
