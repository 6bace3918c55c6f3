package upload_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/event"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/upload"
)

// titled has a title above its header, which nobody takes for one.
const titled = "kwh,by,site\nsite,month,kwh\nNorth,2024-01,1\nSouth,2024-01\n"

func headers(h *ent.ReviewUploadHistory) (names []string) {
	for _, c := range h.Columns {
		names = append(names, c.Header)
	}
	return names
}

// again asks for a check by a format, or by nil the same one.
func (h *house) again(t *testing.T, of *ent.ReviewUploadHistory, format *definition.Format) *ent.ReviewUploadHistory {
	t.Helper()
	asked, err := h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(of), Format: format})
	require.NoError(t, err)
	return asked
}

func TestAFileIsCheckedAgainByAFormat(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", titled)))
		require.Equal(t, []string{"kwh", "by", "site"}, headers(stored))
		require.EqualValues(t, 3, *stored.RowCount)
		waiting := h.pendingImport(t, stored)
		changes := h.bus.Subscribe(org, event.UploadHistory)

		asked, err := h.Revalidate(as(t, bob, org, group), upload.RevalidateInput{
			ID: globalID(stored), Format: &definition.Format{HeaderRow: 2, Delimiter: ",", Locale: " tr "},
		})
		require.NoError(t, err)
		require.Equal(t, definition.UploadNotyet, asked.Status)
		require.Equal(t, &definition.Format{HeaderRow: 2, Delimiter: ",", Locale: "tr"}, asked.Format)
		require.Equal(t, "Name user-ada", asked.Edges.User.Name)
		for what, forgotten := range map[string]bool{
			"validatedAt": asked.ValidatedAt == nil, "size": asked.FileSize == nil, "sha256": asked.Sha256 == nil,
			"rows": asked.RowCount == nil, "format": asked.DetectedFormat == nil, "columns": asked.Columns == nil,
			"warnings": asked.Warnings == nil, "generation": asked.Generation == nil,
			"errors": len(h.rowErrors(t, asAda(t), stored.ID)) == 0,
		} {
			require.True(t, forgotten, what)
		}
		require.Equal(t, []event.Change{{Kind: event.UploadHistory, OrganizationID: org, ID: globalID(stored)}}, changes.Take())
		require.Len(t, h.jobs.checks, 2)

		checked := h.check(t, stored)
		require.Equal(t, definition.UploadSuccess, checked.Status)
		require.Equal(t, []string{"site", "month", "kwh"}, headers(checked))
		require.Equal(t, 2, checked.DetectedFormat.HeaderRow)
		require.EqualValues(t, 2, *checked.RowCount)
		require.Len(t, h.rowErrors(t, asAda(t), stored.ID), 1)
		require.Equal(t, []string{org + " " + waiting}, h.jobs.imports, "what waits for a check, waits for this one")

		// What was said stays, until something else is, or nothing.
		h.again(t, stored, nil)
		require.Equal(t, []string{"site", "month", "kwh"}, headers(h.check(t, stored)))
		h.again(t, stored, &definition.Format{})
		checked = h.check(t, stored)
		require.Nil(t, checked.Format)
		require.Equal(t, []string{"kwh", "by", "site"}, headers(checked))
		require.Len(t, h.jobs.checks, 4)
	})
}

func TestWhatFailedIsCheckedAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.check(t, h.store(t, asAda(t), "gs://local/org-one/grp-one/late"))
		require.Equal(t, definition.UploadFailure, stored.Status)
		h.write(t, "org-one/grp-one/late", "a,b\n1,2\n")
		asked := h.again(t, stored, nil)
		require.Nil(t, asked.ErrorReason)
		checked := h.check(t, stored)
		require.Equal(t, definition.UploadSuccess, checked.Status)
		require.Nil(t, checked.ErrorReason)

		h.again(t, stored, &definition.Format{HeaderRow: 3})
		checked = h.check(t, stored)
		require.Equal(t, definition.UploadFailure, checked.Status, "by a format that does not fit")
		require.NotEmpty(t, *checked.ErrorReason)
		require.NotNil(t, checked.FileSize)
	})
}

func TestAskingForACheckThatIsBeingMade(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		stored := h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", titled))
		require.Equal(t, stored.String(), h.again(t, stored, nil).String())
		require.Equal(t, stored.String(), h.again(t, stored, &definition.Format{}).String())
		require.Len(t, h.jobs.checks, 1, "it has a job")

		by := &definition.Format{HeaderRow: 2}
		asked := h.again(t, stored, by)
		require.Equal(t, by, asked.Format)
		require.Len(t, h.jobs.checks, 1, "the job that it has finds the format")

		h.system(t, func(ctx context.Context, c *ent.Client) {
			c.ReviewUploadHistory.UpdateOneID(stored.ID).SetStatus(definition.UploadProcessing).ExecX(ctx)
		})
		running := h.read(t, stored.ID).Revision
		require.Equal(t, definition.UploadProcessing, h.again(t, stored, by).Status)
		require.Equal(t, definition.UploadProcessing, h.again(t, stored, nil).Status)
		for _, other := range []definition.Format{{}, {HeaderRow: 3}, {HeaderRow: 2, Encoding: "UTF-8"}} {
			_, err := h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(stored), Format: &other})
			refused(t, err, refusal.InvalidTransition)
		}
		require.Equal(t, running, h.read(t, stored.ID).Revision)
		require.Len(t, h.jobs.checks, 1)
		require.Equal(t, []string{"site", "month", "kwh"}, headers(h.check(t, stored)))
	})
}

func TestWhatIsNotCheckedAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		attempt, err := h.Store(asAda(t), upload.StoreInput{FileName: "a", GCSPath: "a", ErrorReason: pointer("lost")})
		require.NoError(t, err)
		_, err = h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(attempt)})
		refused(t, err, refusal.UploadFailed)
		attempt = h.check(t, attempt)
		_, err = h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(attempt)})
		refused(t, err, refusal.UploadFailed)

		erased := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", titled)))
		_, err = h.Delete(asAda(t), globalID(erased))
		require.NoError(t, err)
		_, err = h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(erased)})
		require.Equal(t, "This file was erased on 2026-11-21; upload it again.", refused(t, err, refusal.InvalidTransition).Message)

		good := h.check(t, h.store(t, asAda(t), h.write(t, "org-one/grp-one/y", titled)))
		before := h.everything(t)
		for name, bad := range map[string]definition.Format{
			"delimiter": {Delimiter: "ab"}, "encoding": {Encoding: "klingon"}, "kind": {Kind: "PDF"},
			"headerRow": {HeaderRow: -1}, "timeZone": {TimeZone: "Mars"}, "quote": {Quote: ",", Delimiter: ","},
			"sheet": {Sheet: strings.Repeat("x", 300)}, "locale": {Locale: "xx-very-long-and-not-there"},
		} {
			_, err = h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(good), Format: &bad})
			errs, ok := refusal.From(err)
			require.True(t, ok, "%s: %v", name, err)
			require.Equal(t, refusal.InvalidInput, errs[0].Code)
			require.Equal(t, []string{"input", "format", name}, errs[0].Field)
		}
		h.jobs.err = context.DeadlineExceeded
		_, err = h.Revalidate(asAda(t), upload.RevalidateInput{ID: globalID(good)})
		require.ErrorIs(t, err, h.jobs.err, "no check without its job")
		require.Equal(t, before, h.everything(t))
	})
}

// A check that was overtaken, because its process stood still for long, writes nothing into a later one.
func TestAnOvertakenCheckWritesNothing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, ...testdb.Option) *database.DB{
		"sqlite": testdb.NewSQLite, "postgres": testdb.NewPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h *house
			var stored *ent.ReviewUploadHistory
			var overtake func()
			db := open(t, testdb.OnStatement(func(_ context.Context, query string) {
				if overtake != nil && strings.HasPrefix(query, "SELECT") && strings.Contains(query, "sha256") &&
					strings.Contains(query, "LIMIT 1") { // the file was read, nothing is written yet
					f := overtake
					overtake = nil
					f()
				}
			}))
			h = newHouseOn(t, db)
			stored = h.store(t, asAda(t), h.write(t, "org-one/grp-one/x", titled))
			overtake = func() {
				require.Equal(t, definition.UploadSuccess, h.check(t, stored).Status)
				h.again(t, stored, &definition.Format{HeaderRow: 2})
				h.system(t, func(ctx context.Context, c *ent.Client) { // and the next one has begun
					c.ReviewUploadHistory.UpdateOneID(stored.ID).SetStatus(definition.UploadProcessing).ExecX(ctx)
				})
			}
			stale := h.check(t, stored)
			require.Equal(t, definition.UploadProcessing, stale.Status)
			require.Nil(t, stale.Sha256)
			require.Equal(t, []string{"site", "month", "kwh"}, headers(h.check(t, stored)))
		})
	}
}

// Deleting, checking again, checking and importing at once end in one of the states that they can end in alone.
func TestCommandsOnOneFileAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for round := range 8 {
			stored := h.check(t, h.store(t, asAda(t), h.write(t, fmt.Sprint("org-one/grp-one/", round), titled)))
			var wg sync.WaitGroup
			var mu sync.Mutex
			var codes []refusal.Code
			run := func(f func() error) {
				wg.Go(func() {
					err := f()
					errs, ok := refusal.From(err)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case ok:
						codes = append(codes, errs[0].Code)
					case err != nil:
						t.Errorf("%v", err)
					}
				})
			}
			for n := range 4 {
				run(func() error {
					_, err := h.Revalidate(asAda(t), upload.RevalidateInput{
						ID: globalID(stored), Format: &definition.Format{HeaderRow: 1 + n%2},
					})
					return err
				})
				run(func() error { return h.Check(t.Context(), org, stored.ID) })
				if n%2 == 0 {
					run(func() error { _, err := h.Delete(asAda(t), globalID(stored)); return err })
				}
			}
			wg.Wait()
			for _, code := range codes {
				require.Equal(t, refusal.InvalidTransition, code)
			}
			end := h.read(t, stored.ID)
			require.NotNil(t, end.DeletedAt)
			require.Contains(t, []definition.UploadStatus{definition.UploadSuccess, definition.UploadFailure}, end.Status)
			for _, c := range end.Columns {
				require.Empty(t, c.Samples)
			}
			require.Empty(t, h.rowErrors(t, asAda(t), stored.ID))
			require.NoError(t, h.Check(t.Context(), org, stored.ID))
			require.Equal(t, end.String(), h.read(t, stored.ID).String())
			require.Len(t, h.jobs.erases, round+1, "erased once")
		}
	})
}

func TestTheSameContentAgainIsAWarning(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		upload := func(ctx context.Context, key, content string) *ent.ReviewUploadHistory {
			t.Helper()
			return h.check(t, h.store(t, ctx, h.write(t, key, content)))
		}
		warned := func(of *ent.ReviewUploadHistory) (id string) {
			t.Helper()
			for _, w := range of.Warnings {
				if w.Code == definition.WarningDuplicateFile {
					require.Regexp(t, `^The same file was uploaded before, as “data.csv” on 20..-..-..\.$`, w.Message)
					require.Equal(t, "uploadHistoryId", w.Params[0].Name)
					require.Equal(t, definition.Param{Name: "fileName", Value: "data.csv"}, w.Params[1])
					return w.Params[0].Value
				}
			}
			return ""
		}
		bobs := as(t, bob, org, nextGroup)
		theirs := upload(bobs, "org-one/grp-next/0", titled)
		require.Empty(t, warned(theirs))
		first := upload(asAda(t), "org-one/grp-one/1", titled)
		require.Empty(t, warned(first), "of another group")
		require.Empty(t, warned(upload(as(t, eve, otherOrg, otherGroup), "org-two/grp-two/1", titled)))
		require.Empty(t, warned(upload(asAda(t), "org-one/grp-one/2", titled+"East,2024-01,2\n")))
		second := upload(asAda(t), "org-one/grp-one/3", titled)
		require.Equal(t, globalID(first), warned(second))
		third := upload(asAda(t), "org-one/grp-one/4", titled)
		require.Equal(t, globalID(second), warned(third), "the newest of them")

		h.again(t, first, nil)
		require.Empty(t, warned(h.check(t, first)), "the first one stays the first")
		_, err := h.Delete(asAda(t), globalID(second))
		require.NoError(t, err)
		h.again(t, third, nil)
		require.Equal(t, globalID(first), warned(h.check(t, third)), "an erased one does not count")
		require.True(t, prefixid.Is(prefixid.UploadHistory, warned(h.check(t, third))))
	})
}
