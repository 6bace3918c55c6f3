package graph_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"entrepot/ent/membership"
	"entrepot/viewer"
)

// postWith sends a document with headers of its own.
func (w *world) postWith(t *testing.T, v viewer.Viewer, document string, header http.Header) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	body, err := json.Marshal(object{"query": document})
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/graphql", strings.NewReader(string(body)))
	require.NoError(t, err)
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Test-Viewer", encode(v))
	response, err := w.server.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// A client that is told complete does not come back for the final state, so only the end of an operation says so.
func TestWhatTheServerEndsIsNotComplete(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		by   func(w *world)
		code websocket.StatusCode
	}{
		"the server stops": {func(w *world) { w.stop() }, 1012},
		"the rights have ended": {func(w *world) {
			w.system(func(ctx context.Context) {
				w.db.Client().Membership.Update().Where(membership.UserID(w.reader.UserID)).SetEndedAt(time.Now()).ExecX(ctx)
			})
		}, 4403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watching(t, func(t *testing.T, w *world) {
				document := `subscription { importStatusChanged(importId: "` + w.pending() + `") { status } }`
				var sockets []socket
				for range 20 {
					s := w.socket(t, w.reader)
					s.send(object{"id": "1", "type": "subscribe", "payload": object{"query": document}})
					require.Equal(t, "next", s.read()["type"])
					sockets = append(sockets, s)
				}
				stream := w.postWith(t, w.reader, document, http.Header{"Accept": {"text/event-stream"}})
				end.by(w)
				said, _ := io.ReadAll(stream.Body)
				require.NotContains(t, string(said), "complete")
				for _, s := range sockets {
					_, text, err := s.conn.Read(t.Context())
					require.Equal(t, end.code, websocket.CloseStatus(err), "%v, after %s", err, text)
				}
			})
		})
	}
}

// Clients that offer HTTP/2 send Upgrade with everything.
func TestAnOfferOfAnotherProtocolChangesNothing(t *testing.T) {
	t.Parallel()
	watching(t, func(t *testing.T, w *world) {
		offer := func() http.Header { return http.Header{"Upgrade": {"h2c"}, "Connection": {"Upgrade"}} }
		said, err := io.ReadAll(w.postWith(t, w.reader, `{ viewer { role } }`, offer()).Body)
		require.NoError(t, err)
		require.JSONEq(t, `{"data": {"viewer": {"role": "VIEWER"}}}`, string(said))

		header := offer()
		header.Set("Accept", "text/event-stream")
		stream := w.postWith(t, w.reader, watchImports, header)
		w.system(func(ctx context.Context) {
			w.db.Client().Membership.Update().Where(membership.UserID(w.reader.UserID)).SetEndedAt(time.Now()).ExecX(ctx)
		})
		_, err = io.ReadAll(stream.Body)
		require.NoError(t, err, "the stream ends with the rights")
	})
}

func TestASubscriptionThatIsNoStreamIsRefused(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		w.pending()
		require.Equal(t, "BAD_USER_INPUT", w.ask(w.reader, watchImports, nil).code())
	})
}

func TestASocketWithAnInvalidInitIsClosed(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		s := w.dial(t)
		s.send(object{"type": "connection_init", "payload": 5})
		require.EqualValues(t, 4400, s.closed())
	})
}

func TestSinceMayBeAnyTime(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.pending()
		for _, since := range []string{"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"} {
			stream := w.subscribe(w.reader, `subscription ($s: Time) { importStatusChanged(since: $s) { id } }`, object{"s": since})
			require.Equal(t, id, receive(t, stream).at("importStatusChanged", "id"), since)
			histories := w.subscribe(w.reader, `subscription ($s: Time) { uploadHistoryStatusChanged(since: $s) { status } }`, object{"s": since})
			require.Equal(t, "NOTYET", receive(t, histories).at("uploadHistoryStatusChanged", "status"), since)
		}
	})
}
