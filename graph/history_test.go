package graph_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
	"entrepot/viewer"
)

const (
	deleteHistory = `mutation ($id: ID!) { deleteUploadHistory(input: {id: $id}) {
		uploadHistory { id status deletedAt original { url } } userErrors { code field message params { name value } } } }`
	revalidateHistory = `mutation ($in: RevalidateUploadHistoryInput!) { revalidateUploadHistory(input: $in) {
		uploadHistory { id status format { headerRow delimiter locale } } userErrors { code field message } } }`
)

// settled waits for the end of a history's check, over a subscription.
func (w *world) settled(v viewer.Viewer, id string) (status any) {
	w.t.Helper()
	for e := range w.subscribe(v, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { status } }`, object{"id": id}) {
		require.Empty(w.t, e.Errors)
		status = e.at("uploadHistoryStatusChanged", "status")
	}
	return status
}

func (w *world) delete(v viewer.Viewer, id string) answer {
	w.t.Helper()
	a := w.must(v, deleteHistory, object{"id": id})
	require.Empty(w.t, a.at("deleteUploadHistory", "userErrors"))
	require.NotNil(w.t, a.at("deleteUploadHistory", "uploadHistory", "deletedAt"))
	require.Nil(w.t, a.at("deleteUploadHistory", "uploadHistory", "original"))
	return a
}

// status fetches an address and gives the answer's status.
func (w *world) status(address string) int {
	w.t.Helper()
	response, _ := w.fetch(http.MethodGet, address)
	return response.StatusCode
}

func TestAFileIsErasedAndItsRecordAndResultsStay(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		energy := w.define(w.manager, "Energy")
		const bad = meter + "East,geheim,1\nWest\n"
		history := w.upload(w.collector, "secret name.csv", bad)
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": energy, "onInvalidRow": "SKIP"})
		require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, run)["status"])
		document := `query ($id: ID!, $h: ID!) {
			uploadHistory(id: $h) { fileName status errorReason validatedAt fileSize sha256 rowCount deletedAt errorsErasedAt gcsPath
				columns { header type samples } errors { totalCount nodes { value } } original { url } imports { totalCount }
				detectedFormat { kind } warnings { code } }
			import(id: $id) { status fileName fileSize sha256 rejectedRowCount resultCount rowErrorsErasedAt resultsErasedAt
				rejectedRows { url } rowErrors { totalCount nodes { value } } errorGroups { code column count rowRanges { first last }
					sample { row line value message } } log { totalCount } results { totalCount } resultsFile { url } uploadHistory { id } }
			listed: uploadHistories { totalCount }
			erased: uploadHistories(filter: {deleted: true}) { nodes { id } }
			both: uploadHistories(filter: {deleted: null}) { totalCount }
			matchImportDefinitions(uploadHistoryId: $h) { score } }`
		before := w.must(w.collector, document, object{"id": run, "h": history})
		require.EqualValues(t, 1, before.at("uploadHistory", "errors", "totalCount"))
		require.EqualValues(t, 2, before.at("import", "rowErrors", "totalCount"))
		require.NotEmpty(t, before.at("matchImportDefinitions"))
		original := before.at("uploadHistory", "original", "url").(string)
		rejected := before.at("import", "rejectedRows", "url").(string)
		require.Equal(t, 200, w.status(original))
		require.Equal(t, 200, w.status(rejected))

		w.delete(w.manager, history)
		after := w.must(w.collector, document, object{"id": run, "h": history})
		at := after.at("uploadHistory", "deletedAt")
		require.Equal(t, at, after.at("uploadHistory", "errorsErasedAt"))
		require.Equal(t, at, after.at("import", "rowErrorsErasedAt"))
		require.Nil(t, after.at("import", "resultsErasedAt"))
		for _, same := range [][]any{
			{"uploadHistory", "fileName"},
			{"uploadHistory", "status"},
			{"uploadHistory", "validatedAt"},
			{"uploadHistory", "fileSize"},
			{"uploadHistory", "sha256"},
			{"uploadHistory", "rowCount"},
			{"uploadHistory", "gcsPath"},
			{"uploadHistory", "imports"},
			{"uploadHistory", "detectedFormat"},
			{"uploadHistory", "warnings"},
			{"uploadHistory", "columns", 0, "header"},
			{"import", "status"},
			{"import", "fileName"},
			{"import", "fileSize"},
			{"import", "sha256"},
			{"import", "rejectedRowCount"},
			{"import", "resultCount"},
			{"import", "results"},
			{"import", "uploadHistory"},
			{"import", "errorGroups", 0, "count"},
			{"import", "errorGroups", 0, "rowRanges"},
			{"import", "errorGroups", 0, "sample", "message"},
			{"both"},
		} {
			require.NotNil(t, before.at(same...), same)
			require.Equal(t, before.at(same...), after.at(same...), same)
		}
		for _, gone := range [][]any{
			{"uploadHistory", "original"}, {"import", "rejectedRows"}, {"import", "errorGroups", 0, "sample", "value"},
		} {
			require.Nil(t, after.at(gone...), gone)
		}
		for _, none := range [][]any{{"uploadHistory", "errors", "totalCount"}, {"import", "rowErrors", "totalCount"}, {"listed", "totalCount"}} {
			require.EqualValues(t, 0, after.at(none...), none)
		}
		require.Empty(t, after.at("uploadHistory", "columns", 1, "samples"))
		require.Empty(t, after.at("matchImportDefinitions"))
		require.Equal(t, history, after.at("erased", "nodes", 0, "id"))
		require.EqualValues(t, 2, after.at("import", "results", "totalCount"))

		// The objects are gone as soon as the job has run, for whoever has a link too.
		require.Eventually(t, func() bool { return w.status(original) == 404 && w.status(rejected) == 404 }, 20*time.Second, 10*time.Millisecond)

		// Nothing begins with it any more.
		for document, input := range map[string]object{
			`mutation ($in: StartImportInput!) { m: startImport(input: $in) { import { id } userErrors { code } } }`:           {"uploadHistoryId": history, "importDefinitionId": energy},
			`mutation ($in: RetryImportInput!) { m: retryImport(input: $in) { import { id } userErrors { code } } }`:           {"id": run},
			`query ($in: PreviewImportInput!) { m: previewImport(input: $in) { rows { row } userErrors { code } } }`:           {"uploadHistoryId": history, "importDefinitionId": energy},
			`mutation ($in: RevalidateUploadHistoryInput!) { m: revalidateUploadHistory(input: $in) { userErrors { code } } }`: {"id": history},
		} {
			wanted := "NOT_FOUND"
			if strings.Contains(document, "revalidate") {
				wanted = "INVALID_TRANSITION"
			}
			require.Equal(t, wanted, w.must(w.collector, document, object{"in": input}).at("m", "userErrors", 0, "code"), document)
		}
		again := w.must(w.collector, `mutation ($in: StoreUploadHistoryInput!) { storeUploadHistory(input: $in) { uploadHistory { id deletedAt } } }`,
			object{"in": object{"fileName": "x", "gcsPath": after.at("uploadHistory", "gcsPath")}})
		require.Equal(t, history, again.at("storeUploadHistory", "uploadHistory", "id"))
		require.Equal(t, at, again.at("storeUploadHistory", "uploadHistory", "deletedAt"))
		require.Equal(t, at, w.delete(w.collector, history).at("deleteUploadHistory", "uploadHistory", "deletedAt"), "once")

		// A correction needs the accepted rows of the file: it says so.
		fixed := w.upload(w.collector, "fixed.csv", "site,date,kwh,_row,_line,_error\nEast,2024-03-01,1,4,5,x\n")
		correction := w.finish(w.collector, w.start(w.collector, object{
			"uploadHistoryId": fixed, "importDefinitionId": energy, "correctionOf": run,
		}))
		require.Equal(t, "FILE_MISSING", correction["errorCode"])
	})
}

func TestAnImportBeginsWithTheFilesOwnFormat(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		energy := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "titled.csv", "kwh,by,site\nsite,date,kwh\nNorth,05.01.2024,\"1,5\"\n")
		require.Equal(t, "SUCCESS", w.settled(w.collector, history))
		start := object{"uploadHistoryId": history, "importDefinitionId": energy}
		require.Equal(t, "COLUMN_MISSING", w.finish(w.collector, w.start(w.collector, start))["errorCode"])

		a := w.must(w.collector, revalidateHistory, object{"in": object{"id": history, "format": object{"headerRow": 2, "locale": "de"}}})
		require.Empty(t, a.at("revalidateUploadHistory", "userErrors"))
		require.Equal(t, object{"headerRow": 2.0, "delimiter": nil, "locale": "de"}, a.at("revalidateUploadHistory", "uploadHistory", "format"))
		require.Equal(t, "SUCCESS", w.settled(w.collector, history))
		a = w.must(w.collector, `query ($h: ID!) { uploadHistory(id: $h) { rowCount columns { header } detectedFormat { headerRow } } }`, object{"h": history})
		require.EqualValues(t, 2, a.at("uploadHistory", "detectedFormat", "headerRow"))
		require.Equal(t, "date", a.at("uploadHistory", "columns", 1, "header"))

		run := w.start(w.collector, start)
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
		a = w.must(w.collector, `query ($id: ID!) { import(id: $id) { format { headerRow locale } results { nodes { processedData } } } }`, object{"id": run})
		require.Equal(t, object{"headerRow": 2.0, "locale": "de"}, a.at("import", "format"))
		require.Equal(t, object{"kwh": 1.5}, a.at("import", "results", "nodes", 0, "processedData"))
		preview := w.must(w.collector, `query ($in: PreviewImportInput!) { previewImport(input: $in) { rows { values } rowErrors { code } } }`, object{"in": start})
		require.Equal(t, object{"site": "North", "date": "2024-01-05", "kwh": 1.5}, preview.at("previewImport", "rows", 0, "values"))

		// What the start says goes before it, and an import that was started keeps what it began with.
		start["format"] = object{"headerRow": 1}
		require.Equal(t, "COLUMN_MISSING", w.finish(w.collector, w.start(w.collector, start))["errorCode"])
		require.Empty(t, w.must(w.collector, revalidateHistory, object{"in": object{"id": history, "format": nil}}).at("revalidateUploadHistory", "userErrors"))
		require.Equal(t, "SUCCESS", w.settled(w.collector, history))
		require.Nil(t, w.must(w.collector, `query ($h: ID!) { uploadHistory(id: $h) { format { locale } } }`, object{"h": history}).at("uploadHistory", "format"))
		delete(start, "format")
		require.Equal(t, "COLUMN_MISSING", w.finish(w.collector, w.start(w.collector, start))["errorCode"])
	})
}

func TestASubscriptionTellsOfChecksMadeAgainAndOfErasing(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		history := w.upload(w.collector, "meter.csv", meter)
		number, _ := prefixid.Number(prefixid.UploadHistory, history)
		w.system(func(ctx context.Context) {
			update := w.db.Client().ReviewUploadHistory.UpdateOneID(number)
			update.SetStatus(definition.UploadProcessing).ExecX(ctx)
			update.SetStatus(definition.UploadSuccess).ExecX(ctx)
		})
		const all = `subscription { uploadHistoryStatusChanged { id status deletedAt revision } }`
		mine, theirs := w.subscribe(w.reader, all, nil), w.subscribe(w.otherGroup, all, nil)
		revision := 0.0
		next := func() (status, deleted any) {
			t.Helper()
			e := receive(t, mine)
			require.Empty(t, e.Errors)
			require.Equal(t, history, e.at("uploadHistoryStatusChanged", "id"))
			require.Greater(t, e.at("uploadHistoryStatusChanged", "revision").(float64), revision)
			revision = e.at("uploadHistoryStatusChanged", "revision").(float64)
			return e.at("uploadHistoryStatusChanged", "status"), e.at("uploadHistoryStatusChanged", "deletedAt")
		}
		w.must(w.collector, revalidateHistory, object{"in": object{"id": history}})
		status, deleted := next()
		require.Equal(t, "NOTYET", status)
		require.Nil(t, deleted)
		w.delete(w.collector, history)
		status, deleted = next()
		require.Equal(t, "FAILURE", status, "its check had not ended")
		require.NotNil(t, deleted)

		// With its id: the present state, which is final, and the end.
		e := w.subscribe(w.reader, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { deletedAt } }`, object{"id": history})
		require.Equal(t, deleted, receive(t, e).at("uploadHistoryStatusChanged", "deletedAt"))
		_, open := <-e
		require.False(t, open)

		own := w.upload(w.otherGroup, "own.csv", meter)
		require.Equal(t, own, receive(t, theirs).at("uploadHistoryStatusChanged", "id"), "nothing of another group came before")
	})
}

// Starting and erasing at once: an import that began keeps its file, one that came too late finds nothing.
func TestStartingAndErasingAtOnce(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		energy := w.define(w.manager, "Energy")
		began, erased := 0, 0
		for range 12 {
			history := w.upload(w.collector, "meter.csv", meter)
			number, _ := prefixid.Number(prefixid.UploadHistory, history)
			var wg sync.WaitGroup
			starts := make([]answer, 3)
			var deletion answer
			for i := range starts {
				wg.Go(func() {
					starts[i] = w.ask(w.collector, `mutation ($in: StartImportInput!) { startImport(input: $in) { import { id } userErrors { code } } }`,
						object{"in": object{"uploadHistoryId": history, "importDefinitionId": energy}})
				})
			}
			wg.Go(func() { deletion = w.ask(w.collector, deleteHistory, object{"id": history}) })
			wg.Wait()
			require.Empty(t, deletion.Errors, w.log.String())
			inUse := deletion.at("deleteUploadHistory", "userErrors", 0, "code") == "IN_USE"
			active := 0
			for _, a := range starts {
				require.Empty(t, a.Errors, w.log.String())
				if a.at("startImport", "import") != nil {
					active++
				} else {
					require.Equal(t, "NOT_FOUND", a.at("startImport", "userErrors", 0, "code"))
				}
			}
			require.Equal(t, inUse, active > 0, "%v %v", deletion, starts)
			w.system(func(ctx context.Context) {
				h := w.db.Client().ReviewUploadHistory.Query().Where(reviewuploadhistory.ID(number)).OnlyX(ctx)
				require.Equal(t, !inUse, h.DeletedAt != nil)
				require.Equal(t, active, w.db.Client().ImportRun.Query().Where(importrun.UploadHistoryID(number)).CountX(ctx))
			})
			if inUse {
				require.NotEmpty(t, deletion.at("deleteUploadHistory", "userErrors", 0, "params", 0, "value"))
				began++
			} else {
				erased++
			}
		}
		t.Logf("%d began, %d were erased", began, erased)
	})
}

// made stores histories that differ in what lists go by, and gives their ids in the order in which they were stored.
func (w *world) made() (ids []string) {
	w.t.Helper()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, one := range []struct {
		name    string
		status  definition.UploadStatus
		user    string
		checked time.Duration
		deleted bool
	}{
		{"b.csv", definition.UploadNotyet, w.collector.UserID, 0, false},
		{"A.csv", definition.UploadProcessing, w.manager.UserID, 0, false},
		{"ölçüm.csv", definition.UploadSuccess, w.collector.UserID, 3 * time.Hour, false},
		{"B.csv", definition.UploadFailure, w.manager.UserID, time.Hour, false},
		{"a.csv", definition.UploadSuccess, w.collector.UserID, 2 * time.Hour, false},
		{"100%_.csv", definition.UploadSuccess, w.collector.UserID, 5 * time.Hour, true},
		{"100%_.csv", definition.UploadFailure, w.collector.UserID, 4 * time.Hour, false},
	} {
		w.system(func(ctx context.Context) {
			create := w.db.Client().ReviewUploadHistory.Create().SetID(int64(i + 1)).SetOrganizationID(w.collector.OrganizationID).
				SetGroupID(w.collector.GroupID).SetUserID(one.user).SetFileName(one.name).SetGcsPath("gs://local/x").
				SetStatus(one.status).SetCreatedAt(at.Add(time.Duration(i) * time.Minute))
			if one.checked > 0 {
				create.SetValidatedAt(at.Add(one.checked))
			}
			if one.deleted {
				create.SetDeletedAt(at.Add(time.Hour))
			}
			ids = append(ids, prefixid.FromNumber(prefixid.UploadHistory, create.SaveX(ctx).ID))
		})
	}
	w.store(w.otherGroup, "b.csv", "gs://local/y")
	return ids
}

func TestHistoriesAreFilteredAndOrdered(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		made := w.made()
		places := func(a answer) (found []int) {
			for _, n := range a.at("uploadHistories", "nodes").([]any) {
				found = append(found, slices.Index(made, n.(object)["id"].(string)))
			}
			return found
		}
		for filter, wanted := range map[string][]int{
			`null`:                                    {6, 4, 3, 2, 1, 0},
			`{}`:                                      {6, 4, 3, 2, 1, 0},
			`{deleted: true}`:                         {5},
			`{deleted: null}`:                         {6, 5, 4, 3, 2, 1, 0},
			`{status: [SUCCESS]}`:                     {4, 2},
			`{status: SUCCESS}`:                       {4, 2},
			`{status: []}`:                            {},
			`{status: [NOTYET, PROCESSING, NOTYET]}`:  {1, 0},
			`{status: [FAILURE], deleted: null}`:      {6, 3},
			`{fileNameContains: "b.c"}`:               {3, 0},
			`{fileNameContains: "ölç"}`:               {2},
			`{fileNameContains: "%_"}`:                {6},
			`{fileNameContains: "x"}`:                 {},
			`{userId: "` + w.manager.UserID + `"}`:    {3, 1},
			`{userId: "user-0"}`:                      {},
			`{createdAfter: "2026-03-01T12:03:00Z"}`:  {6, 4, 3},
			`{createdBefore: "2026-03-01T12:03:00Z"}`: {2, 1, 0},
			`{createdAfter: "2026-03-01T12:01:00Z", createdBefore: "2026-03-01T12:02:00Z"}`:        {1},
			`{status: [SUCCESS], fileNameContains: "A.CSV", userId: "` + w.collector.UserID + `"}`: {4},
		} {
			a := w.must(w.reader, `{ uploadHistories(filter: `+filter+`) { totalCount nodes { id } } }`, nil)
			require.ElementsMatch(t, wanted, places(a), filter)
			if len(wanted) > 0 {
				require.Equal(t, wanted, places(a), filter)
			}
			require.EqualValues(t, len(wanted), a.at("uploadHistories", "totalCount"), filter)
		}
		for order, wanted := range map[string][]int{
			`{field: CREATED_AT}`:                    {6, 4, 3, 2, 1, 0},
			`{field: CREATED_AT, direction: ASC}`:    {0, 1, 2, 3, 4, 6},
			`{field: STATUS, direction: ASC}`:        {0, 1, 2, 4, 3, 6},
			`{field: STATUS}`:                        {6, 3, 4, 2, 1, 0},
			`{field: VALIDATED_AT, direction: ASC}`:  {3, 4, 2, 6, 0, 1}, // those that were not checked come last
			`{field: VALIDATED_AT, direction: DESC}`: {1, 0, 6, 2, 4, 3},
		} {
			require.Equal(t, wanted, places(w.must(w.reader, `{ uploadHistories(orderBy: `+order+`) { nodes { id } } }`, nil)), order)
		}
		names := places(w.must(w.reader, `{ uploadHistories(orderBy: {field: FILE_NAME, direction: ASC}) { nodes { id } } }`, nil))
		reversed := places(w.must(w.reader, `{ uploadHistories(orderBy: {field: FILE_NAME, direction: DESC}) { nodes { id } } }`, nil))
		slices.Reverse(reversed)
		require.Equal(t, names, reversed)
		require.Equal(t, 6, names[0])

		// Pages of every order cover the list once, both ways.
		for _, field := range []string{"CREATED_AT", "FILE_NAME", "STATUS", "VALIDATED_AT"} {
			for _, direction := range []string{"ASC", "DESC"} {
				document := `query ($first: Int, $last: Int, $after: Cursor, $before: Cursor) { uploadHistories(first: $first, last: $last,
					after: $after, before: $before, filter: {deleted: null}, orderBy: {field: ` + field + `, direction: ` + direction + `}) {
					nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
				whole := places(w.must(w.reader, document, object{"first": 100}))
				require.Len(t, whole, len(made))
				var forward, backward []int
				for variables, more := (object{"first": 2}), true; more; {
					a := w.must(w.reader, document, variables)
					forward = append(forward, places(a)...)
					more = a.at("uploadHistories", "pageInfo", "hasNextPage") == true
					variables["after"] = a.at("uploadHistories", "pageInfo", "endCursor")
				}
				for variables, more := (object{"last": 2}), true; more; {
					a := w.must(w.reader, document, variables)
					backward = append(places(a), backward...)
					more = a.at("uploadHistories", "pageInfo", "hasPreviousPage") == true
					variables["before"] = a.at("uploadHistories", "pageInfo", "startCursor")
				}
				require.Equal(t, whole, forward, field+direction)
				require.Equal(t, whole, backward, field+direction)
			}
		}
		require.EqualValues(t, 0, w.must(w.noGroup, `{ uploadHistories { totalCount } }`, nil).at("uploadHistories", "totalCount"))
		require.EqualValues(t, 1, w.must(w.otherGroup, `{ uploadHistories { totalCount } }`, nil).at("uploadHistories", "totalCount"))
		require.EqualValues(t, 0, w.must(w.foreigner, `{ uploadHistories { totalCount } }`, nil).at("uploadHistories", "totalCount"))
	})
}

func TestAListOfHistoriesTakesTheSameFewStatementsWhateverItsLength(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		energy := w.define(w.manager, "Energy")
		for range 20 {
			history := w.upload(w.collector, "meter.csv", meter+"East\nWest\n")
			run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": energy, "onInvalidRow": "SKIP"})
			w.finish(w.collector, run)
		}
		document := `query ($n: Int) { uploadHistories(first: $n) { totalCount nodes { id user { name } group { name } original { url }
			errors(first: 2) { totalCount nodes { row value } } imports(first: 2) { totalCount nodes { id status user { name } rejectedRows { url } } } } } }`
		var counts []int
		for _, n := range []int{1, 5, 20} {
			counts = append(counts, len(w.statements.during(func() {
				a := w.must(w.reader, document, object{"n": n})
				require.Len(t, a.at("uploadHistories", "nodes"), n)
				require.EqualValues(t, 2, a.at("uploadHistories", "nodes", n-1, "errors", "totalCount"))
				require.EqualValues(t, 1, a.at("uploadHistories", "nodes", n-1, "imports", "totalCount"))
			})))
		}
		require.Equal(t, slices.Repeat(counts[:1], 3), counts)
		require.LessOrEqual(t, counts[0], 9)
	})
}
