package graph_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/event"
	"entrepot/prefixid"
)

func TestWhatWasMissedIsToldWhenEverybodyLooksAgain(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		const all = `subscription { importStatusChanged { id status } }`
		first, second := w.pending(), w.pending()
		one := w.subscribe(w.reader, `subscription ($id: ID) { importStatusChanged(importId: $id) { id status } }`, object{"id": first})
		every := w.subscribe(w.reader, all, nil)
		told := func(from <-chan answer) string {
			t.Helper()
			e := receive(t, from)
			require.Empty(t, e.Errors)
			return e.at("importStatusChanged", "id").(string) + " " + e.at("importStatusChanged", "status").(string)
		}
		require.Equal(t, first+" PENDING", told(one))
		require.Equal(t, first+" PENDING", told(every))
		require.Equal(t, second+" PENDING", told(every))

		w.moveSilently(first, definition.ImportProcessing)
		w.bus.WakeAll()
		require.Equal(t, first+" PROCESSING", told(one))
		require.Equal(t, first+" PROCESSING", told(every))

		w.bus.WakeAll() // nothing has changed: nothing is told
		w.moveSilently(first, definition.ImportCanceled)
		w.moveSilently(second, definition.ImportCanceled) // in one step: the waking before may not be over
		w.bus.WakeAll()
		require.Equal(t, first+" CANCELED", told(one))
		_, open := <-one
		require.False(t, open, "the final state ends it")
		require.ElementsMatch(t, []string{first + " CANCELED", second + " CANCELED"}, []string{told(every), told(every)})

		// One that nobody had heard of, and then one that is told as usual: nothing of the others comes between.
		third := w.pending()
		require.Equal(t, third+" PENDING", told(every))
		w.bus.WakeAll()
		w.move(third, definition.ImportProcessing)
		require.Equal(t, third+" PROCESSING", told(every))
	})
}

func TestMissedChangesOfUploadsAreToldToo(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.upload(w.collector, "meter.csv", meter)
		one := w.subscribe(w.collector, `subscription ($id: ID) { uploadHistoryStatusChanged(uploadHistoryId: $id) { id status } }`,
			object{"id": id})
		every := w.subscribe(w.collector, `subscription { uploadHistoryStatusChanged { id status } }`, nil)
		strangers := w.subscribe(w.otherGroup, `subscription { uploadHistoryStatusChanged { id status } }`, nil)
		require.Equal(t, "NOTYET", receive(t, one).at("uploadHistoryStatusChanged", "status"))
		require.Equal(t, "NOTYET", receive(t, every).at("uploadHistoryStatusChanged", "status"))

		number, _ := prefixid.Number(prefixid.UploadHistory, id)
		w.system(func(ctx context.Context) {
			w.db.Client().ReviewUploadHistory.Update().Where(reviewuploadhistory.ID(number)).
				SetStatus(definition.UploadProcessing).ExecX(ctx)
		})
		w.bus.WakeAll()
		require.Equal(t, "PROCESSING", receive(t, one).at("uploadHistoryStatusChanged", "status"))
		require.Equal(t, "PROCESSING", receive(t, every).at("uploadHistoryStatusChanged", "status"))

		own := w.upload(w.otherGroup, "meter.csv", meter)
		w.bus.Publish(event.Change{Kind: event.UploadHistory, OrganizationID: w.otherGroup.OrganizationID, ID: own})
		require.Equal(t, own, receive(t, strangers).at("uploadHistoryStatusChanged", "id"), "nothing of another group")
	})
}
