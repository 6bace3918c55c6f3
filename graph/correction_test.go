package graph_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestACorrectionTakesThePlaceOfTheEarlierResults corrects set-aside rows, watched by those who watch everything and by one
// who watches the earlier import alone.
func TestACorrectionTakesThePlaceOfTheEarlierResults(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		definition := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "meter.csv", "site,date,kwh\nNorth,2024-01-05,1\nNorth,never,2\nSouth,2024-01-05,4\n")
		earlier := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": definition, "onInvalidRow": "SKIP"})
		require.Equal(t, "PARTIALLY_COMPLETED", w.finish(w.collector, earlier)["status"])
		every := w.subscribe(w.reader, `subscription { importStatusChanged {
			id status revision correctionOf { id } supersededBy { id status } } }`, nil)

		link := w.must(w.collector, `query ($id: ID!) { import(id: $id) { revision rejectedRows { url } } }`, object{"id": earlier})
		response, rejected := w.fetch(http.MethodGet, link.at("import", "rejectedRows", "url").(string))
		require.Equal(t, http.StatusOK, response.StatusCode)
		fixed := w.upload(w.collector, "fixed.csv", strings.Replace(rejected, "never", "2024-01-06", 1))
		run := w.start(w.collector, object{"uploadHistoryId": fixed, "importDefinitionId": definition, "correctionOf": earlier})
		done := w.finish(w.collector, run)
		require.Equal(t, "COMPLETED", done["status"])
		require.EqualValues(t, 3, done["acceptedRowCount"])

		// The earlier import comes once more, final as it was, with a higher revision.
		for {
			e := receive(t, every)
			require.Empty(t, e.Errors)
			if e.at("importStatusChanged", "id") == run {
				require.Equal(t, earlier, e.at("importStatusChanged", "correctionOf", "id"))
				continue
			}
			require.Equal(t, earlier, e.at("importStatusChanged", "id"))
			require.Equal(t, "PARTIALLY_COMPLETED", e.at("importStatusChanged", "status"))
			require.Equal(t, run, e.at("importStatusChanged", "supersededBy", "id"))
			require.Equal(t, "COMPLETED", e.at("importStatusChanged", "supersededBy", "status"))
			require.Greater(t, e.at("importStatusChanged", "revision"), link.at("import", "revision"))
			break
		}
		// Whoever watches it alone is told that state and nothing more.
		alone := w.subscribe(w.reader, `subscription ($id: ID) { importStatusChanged(importId: $id) { supersededBy { id } } }`, object{"id": earlier})
		require.Equal(t, run, receive(t, alone).at("importStatusChanged", "supersededBy", "id"))
		_, open := <-alone
		require.False(t, open)

		current := w.must(w.reader, `{ importResults(orderBy: {field: SITE}) { totalCount nodes { import { id } siteKey processedData } } }`, nil)
		require.EqualValues(t, 2, current.at("importResults", "totalCount"))
		require.Equal(t, run, current.at("importResults", "nodes", 0, "import", "id"))
		require.Equal(t, object{"kwh": 3.0}, current.at("importResults", "nodes", 0, "processedData"))
		require.Equal(t, object{"kwh": 4.0}, current.at("importResults", "nodes", 1, "processedData"))
		// What the earlier import came to can still be read, there.
		kept := w.must(w.reader, `query ($id: ID!) { import(id: $id) { results { totalCount } current: results(filter: {current: true}) { totalCount } } }`,
			object{"id": earlier})
		require.EqualValues(t, 2, kept.at("import", "results", "totalCount"))
		require.EqualValues(t, 0, kept.at("import", "current", "totalCount"))

		// Run again it would be newer, and its fewer rows would count.
		again := w.must(w.collector, `mutation ($id: ID!) { retryImport(input: {id: $id}) { import { id } userErrors { code field message } } }`,
			object{"id": earlier})
		require.Nil(t, again.at("retryImport", "import"))
		require.Equal(t, object{
			"code": "INVALID_TRANSITION", "field": []any{"input", "id"},
			"message": "This import has been corrected, by " + run + ": that one has the results that count.",
		}, again.at("retryImport", "userErrors", 0))

		// Another organization's import is corrected by nobody but it.
		stranger := w.must(w.foreigner, `mutation ($in: StartImportInput!) { startImport(input: $in) { import { id } userErrors { code field } } }`,
			object{"in": object{
				"uploadHistoryId": w.upload(w.foreigner, "x.csv", meter), "importDefinitionId": w.define(w.foreigner, "Mine"), "correctionOf": run,
			}})
		require.Nil(t, stranger.at("startImport", "import"))
		require.Equal(t, "NOT_FOUND", stranger.at("startImport", "userErrors", 0, "code"))
	})
}

// TestWhatIsSaidOfAFileIsShown starts an import with every field of a format, and reads it back.
func TestWhatIsSaidOfAFileIsShown(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		format := object{
			"kind": "CSV", "encoding": "windows-1254", "delimiter": ";", "quote": "'", "escape": "\\", "headerRow": 3.0, "locale": "tr",
			"decimalSeparator": ",", "thousandsSeparator": ".", "dateFormats": []any{"DD.MM.YYYY"}, "timeZone": "Europe/Istanbul",
		}
		const shown = `query ($id: ID!) { import(id: $id) { format {
			kind encoding delimiter quote escape sheet headerRow locale decimalSeparator thousandsSeparator dateFormats timeZone } } }`
		run := w.start(w.collector, object{
			"uploadHistoryId": w.upload(w.collector, "a.csv", meter), "importDefinitionId": w.define(w.manager, "One"), "format": format,
		})
		got := w.must(w.reader, shown, object{"id": run}).at("import", "format").(object)
		require.Nil(t, got["sheet"])
		delete(got, "sheet")
		require.Equal(t, format, got)

		run = w.start(w.collector, object{
			"uploadHistoryId": w.upload(w.collector, "b.xlsx", meter), "importDefinitionId": w.define(w.manager, "Two"),
			"format": object{"kind": "XLSX", "sheet": "Ocak"},
		})
		got = w.must(w.reader, shown, object{"id": run}).at("import", "format").(object)
		require.Equal(t, object{
			"kind": "XLSX", "sheet": "Ocak", "encoding": nil, "delimiter": nil, "quote": nil, "escape": nil, "headerRow": nil, "locale": nil,
			"decimalSeparator": nil, "thousandsSeparator": nil, "dateFormats": []any{}, "timeZone": "UTC",
		}, got)

		limits := w.must(w.reader, `{ limits { maxRowBytes maxUnpackedBytes maxUnpackRatio concurrentImports queuedImports } }`, nil).at("limits")
		require.Equal(t, object{
			"maxRowBytes": float64(1 << 20), "maxUnpackedBytes": float64(2 << 30), "maxUnpackRatio": 250.0,
			"concurrentImports": 2.0, "queuedImports": 1000.0,
		}, limits)
	})
}

// TestWhatWasDetectedIsShown uploads packed text and reads what its check found.
func TestWhatWasDetectedIsShown(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		var packed strings.Builder
		pack(t, &packed, "Fatura\n\nYer;Tarih;kWh\n\xddzmir;2024-01-05;1,5\n\xdei\xfeli;2024-01-06;2,5\nA\xf0r\xfd;2024-01-07;3,5\n")
		id := w.upload(w.collector, "fatura.csv.gz", packed.String())
		for range w.subscribe(w.collector, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { id } }`, object{"id": id}) {
		}
		a := w.must(w.collector, `query ($id: ID!) { uploadHistory(id: $id) { status errorReason rowCount detectedFormat {
			kind encoding encodingConfidence byteOrderMark delimiter quote escape lineEnding compression sheets sheet headerRow date1904 }
			warnings { code } columns { header } } }`, object{"id": id})
		require.Equal(t, "SUCCESS", a.at("uploadHistory", "status"), a.at("uploadHistory", "errorReason"))
		require.EqualValues(t, 3, a.at("uploadHistory", "rowCount"))
		got := a.at("uploadHistory", "detectedFormat").(object)
		sure := got["encodingConfidence"].(float64)
		require.Greater(t, sure, 0.0)
		require.Less(t, sure, 1.0)
		delete(got, "encodingConfidence")
		require.Equal(t, object{
			"kind": "CSV", "encoding": "windows-1254", "byteOrderMark": false, "delimiter": ";", "quote": "\"", "escape": nil,
			"lineEnding": "LF", "compression": "gzip", "sheets": []any{}, "sheet": nil, "headerRow": 3.0, "date1904": false,
		}, got)
		require.Equal(t, "Yer", a.at("uploadHistory", "columns", 0, "header"))
	})
}

// pack writes text as gzip does.
func pack(t *testing.T, w io.Writer, text string) {
	t.Helper()
	z := gzip.NewWriter(w)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
}
