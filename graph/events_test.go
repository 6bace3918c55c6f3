package graph_test

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// readEvents reads server-sent events until the complete event.
func readEvents(body io.Reader, out chan<- answer) {
	scanner := bufio.NewScanner(body)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		if line == "event: complete" {
			return
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var a answer
			if json.Unmarshal([]byte(data), &a) == nil {
				out <- a
			}
		}
	}
}

// receive takes the next message, and fails when none comes.
func receive(t testing.TB, events <-chan answer) answer {
	t.Helper()
	select {
	case e, ok := <-events:
		require.True(t, ok, "the subscription has completed")
		return e
	case <-time.After(20 * time.Second):
		require.Fail(t, "no message")
		return answer{}
	}
}

const meter = "site,date,kwh\nNorth,2024-01-05,1.5\nNorth,2024-01-20,2.25\nSouth,2024-02-01,10\n"

func TestAFileBecomesResultsThatAreWatchedLive(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		definition := w.define(w.manager, "Energy")
		live := w.subscribe(w.reader, `subscription { importStatusChanged { id status revision } }`, nil)
		id := w.start(w.collector, object{
			"uploadHistoryId": w.upload(w.collector, "meter.csv", meter), "importDefinitionId": definition,
		})

		var statuses []any
		revision := 0.0
		for len(statuses) == 0 || statuses[len(statuses)-1] != "COMPLETED" {
			e := receive(t, live)
			require.Empty(t, e.Errors)
			require.Equal(t, id, e.at("importStatusChanged", "id"))
			require.Greater(t, e.at("importStatusChanged", "revision").(float64), revision)
			revision = e.at("importStatusChanged", "revision").(float64)
			statuses = append(statuses, e.at("importStatusChanged", "status"))
		}
		require.Equal(t, "PENDING", statuses[0])

		a := w.must(w.reader, `query ($id: ID!) { import(id: $id) {
		status error errorCode rowCount acceptedRowCount rejectedRowCount blankRowCount resultCount progress attempt
		fileName columnMapping { column header } definitionVersion ranWith { number } processedAt
		importDefinition { name } user { name email } organization { slug } uploadHistory { fileName status }
		results { totalCount nodes { siteKey site { id } year periodUnit period processedData rowsProcessed rowsRejected
			mapping { outputKey formElementId valueInserted } } }
	} }`, object{"id": id})
		run := a.at("import").(object)
		require.NotNil(t, run["processedAt"])
		delete(run, "processedAt")
		require.Equal(t, object{
			"status": "COMPLETED", "error": nil, "errorCode": nil, "rowCount": 3.0, "acceptedRowCount": 3.0, "rejectedRowCount": 0.0,
			"blankRowCount": 0.0, "resultCount": 2.0, "progress": 1.0, "attempt": 1.0, "fileName": "meter.csv",
			"columnMapping": []any{
				object{"column": "site", "header": "site"}, object{"column": "date", "header": "date"}, object{"column": "kwh", "header": "kwh"},
			},
			"definitionVersion": 1.0, "ranWith": object{"number": 1.0}, "importDefinition": object{"name": "Energy"},
			"user": object{"name": "collector", "email": "collector@example.org"}, "organization": object{"slug": "a"},
			"uploadHistory": object{"fileName": "meter.csv", "status": "SUCCESS"},
			"results": object{"totalCount": 2.0, "nodes": []any{
				object{
					"siteKey": "North", "site": nil, "year": 2024.0, "periodUnit": "MONTHLY", "period": 1.0,
					"processedData": object{"kwh": 3.75}, "rowsProcessed": 2.0, "rowsRejected": 0.0,
					"mapping": []any{object{"outputKey": "kwh", "formElementId": "form-1", "valueInserted": 3.75}},
				},
				object{
					"siteKey": "South", "site": nil, "year": 2024.0, "periodUnit": "MONTHLY", "period": 2.0,
					"processedData": object{"kwh": 10.0}, "rowsProcessed": 1.0, "rowsRejected": 0.0,
					"mapping": []any{object{"outputKey": "kwh", "formElementId": "form-1", "valueInserted": 10.0}},
				},
			}},
		}, run)
	})
}
