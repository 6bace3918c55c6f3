package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/ent/importrun"
	"entrepot/event"
	"entrepot/viewer"
)

// pending makes an import that no worker takes.
func (w *world) pending() string {
	w.t.Helper()
	return w.start(w.collector, object{
		"uploadHistoryId": w.upload(w.collector, "meter.csv", meter), "importDefinitionId": w.define(w.manager, "D "+time.Now().String()),
	})
}

// progress changes an import as its worker would.
func (w *world) progress(id string, rows int64) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		w.db.Client().ImportRun.Update().Where(importrun.ID(id)).
			SetProcessedRowCount(rows).SetAcceptedRowCount(rows).ExecX(ctx)
	})
	w.bus.Publish(event.Change{Kind: event.Import, OrganizationID: w.collector.OrganizationID, ID: id, Progress: true})
}

func (w *world) move(id string, status definition.ImportStatus) {
	w.t.Helper()
	w.moveSilently(id, status)
	w.bus.Publish(event.Change{Kind: event.Import, OrganizationID: w.collector.OrganizationID, ID: id})
}

// moveSilently is move where the news of it was lost.
func (w *world) moveSilently(id string, status definition.ImportStatus) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		u := w.db.Client().ImportRun.Update().Where(importrun.ID(id)).SetStatus(status)
		if status == definition.ImportProcessing {
			u.AddAttempt(1)
		}
		if status.Final() {
			u.SetProcessedAt(time.Now())
		}
		u.ExecX(ctx)
	})
}

func TestAThousandEqualSubscribersCostOneReading(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.pending()
		const subscribers = 1000
		streams := make([]<-chan answer, subscribers)
		var starting sync.WaitGroup
		gate := make(chan struct{}, 50)
		for i := range streams {
			starting.Go(func() {
				gate <- struct{}{}
				defer func() { <-gate }()
				streams[i] = w.subscribe(w.reader, `subscription ($id: ID) { importStatusChanged(importId: $id) { id status importDefinition { name } } }`, object{"id": id})
				require.Equal(t, "PENDING", receive(t, streams[i]).at("importStatusChanged", "status"))
			})
		}
		starting.Wait()
		statements := w.statements.during(func() {
			w.move(id, definition.ImportProcessing)
			for _, s := range streams {
				require.Equal(t, "PROCESSING", receive(t, s).at("importStatusChanged", "status"))
			}
		})
		require.LessOrEqual(t, len(statements), 3, strings.Join(statements, "\n"))
		require.NotEmpty(t, statements)
		w.move(id, definition.ImportCompleted)
		for _, s := range streams {
			require.Equal(t, "COMPLETED", receive(t, s).at("importStatusChanged", "status"))
			_, open := <-s
			require.False(t, open, "completes after the final state")
		}
	})
}

func TestProgressIsCoalescedAndNeverGoesBackAndTheFinalStateIsLast(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.pending()
		stream := w.subscribe(w.reader, `subscription { importStatusChanged { id status processedRowCount revision } }`, nil)
		require.Equal(t, "PENDING", receive(t, stream).at("importStatusChanged", "status"))
		w.move(id, definition.ImportProcessing)
		began := time.Now()
		for rows := range int64(50) {
			w.progress(id, rows+1)
			time.Sleep(10 * time.Millisecond)
		}
		took := time.Since(began)
		w.move(id, definition.ImportCompleted)
		messages, rows, revision := 0, -1.0, 0.0
		for {
			e := receive(t, stream)
			require.GreaterOrEqual(t, e.at("importStatusChanged", "processedRowCount").(float64), rows)
			require.Greater(t, e.at("importStatusChanged", "revision").(float64), revision)
			rows, revision = e.at("importStatusChanged", "processedRowCount").(float64), e.at("importStatusChanged", "revision").(float64)
			messages++
			if e.at("importStatusChanged", "status") == "COMPLETED" {
				break
			}
		}
		require.InDelta(t, 50, rows, 0)
		require.LessOrEqual(t, messages, 3+int(took/(250*time.Millisecond)))
		select {
		case e := <-stream:
			require.Fail(t, "after the final state", "%v", e)
		case <-time.After(600 * time.Millisecond):
		}
	})
}

func TestSubscribersSeeTheirOwnScopeOnly(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		foreign := w.subscribe(w.foreigner, `subscription { importStatusChanged { id fileName } }`, nil)
		other := w.subscribe(w.otherGroup, `subscription { importStatusChanged { id fileName uploadHistory { id } } }`, nil)
		own := w.subscribe(w.collector, `subscription { importStatusChanged { id fileName uploadHistory { id } } }`, nil)
		histories := w.subscribe(w.otherGroup, `subscription { uploadHistoryStatusChanged { id } }`, nil)
		waitForTopics(t)
		id := w.pending()
		e := receive(t, own)
		require.Equal(t, id, e.at("importStatusChanged", "id"))
		require.Equal(t, "meter.csv", e.at("importStatusChanged", "fileName"))
		e = receive(t, other)
		require.Equal(t, object{"id": id, "fileName": nil, "uploadHistory": nil}, e.at("importStatusChanged"))
		select {
		case e := <-foreign:
			require.Fail(t, "another organization's import", "%v", e)
		case e := <-histories:
			require.Fail(t, "another group's history", "%v", e)
		case <-time.After(300 * time.Millisecond):
		}
	})
}

// waitForTopics gives subscriptions without a first message the time to begin.
func waitForTopics(t *testing.T) {
	t.Helper()
	time.Sleep(200 * time.Millisecond)
}

func TestSinceGivesWhatWasMissedAndTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		id := w.pending()
		w.move(id, definition.ImportCanceled)
		recent := w.subscribe(w.reader, `subscription ($s: Time) { importStatusChanged(since: $s) { id status } }`,
			object{"s": time.Now().Add(-time.Second).Format(time.RFC3339Nano)})
		require.Equal(t, object{"id": id, "status": "CANCELED"}, receive(t, recent).at("importStatusChanged"))
		bad := w.subscribe(w.reader, `subscription ($s: Time) { importStatusChanged(since: $s) { id } }`, object{"s": "yesterday"})
		require.Equal(t, "BAD_USER_INPUT", receive(t, bad).code())

		w.system(func(ctx context.Context) {
			run := w.db.Client().ImportRun.GetX(ctx, id)
			for range 1001 {
				w.db.Client().ImportRun.Create().
					SetOrganizationID(run.OrganizationID).SetGroupID(run.GroupID).SetUserID(run.UserID).SetUploadHistoryID(run.UploadHistoryID).
					SetDefinitionOrganizationID(run.DefinitionOrganizationID).SetImportDefinitionID(run.ImportDefinitionID).
					SetDefinitionVersionID(run.DefinitionVersionID).SetDefinitionVersion(1).SetFormat(run.Format).
					SetOnInvalidRow(run.OnInvalidRow).SetFileName("x").ExecX(ctx)
			}
		})
		tooMuch := w.subscribe(w.reader, `subscription ($s: Time) { importStatusChanged(since: $s) { id } }`,
			object{"s": time.Now().Add(-time.Hour).Format(time.RFC3339Nano)})
		require.Equal(t, "SINCE_TOO_OLD", receive(t, tooMuch).code())
		_, open := <-tooMuch
		require.False(t, open)
	})
}

// socket speaks graphql-transport-ws.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (w *world) socket(t *testing.T, v viewer.Viewer) socket {
	t.Helper()
	s := w.dial(t)
	s.send(object{"type": "connection_init", "payload": object{"viewer": encode(v)}})
	require.Equal(t, "connection_ack", s.read()["type"])
	return s
}

func (w *world) dial(t *testing.T) socket {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), strings.Replace(w.server.URL, "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	require.NoError(t, err)
	if response.Body != nil {
		response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return socket{t, conn}
}

func (s socket) send(message object) {
	s.t.Helper()
	text, err := json.Marshal(message)
	require.NoError(s.t, err)
	require.NoError(s.t, s.conn.Write(s.t.Context(), websocket.MessageText, text))
}

func (s socket) read() object {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	_, text, err := s.conn.Read(ctx)
	require.NoError(s.t, err)
	var m object
	require.NoError(s.t, json.Unmarshal(text, &m))
	return m
}

// closed waits for the close and gives its code.
func (s socket) closed() websocket.StatusCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestASubscriptionOverWebSocket(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		run := w.imported(1)[0]
		s := w.socket(t, w.reader)
		s.send(object{"id": "1", "type": "subscribe", "payload": object{
			"query": `subscription ($id: ID) { importStatusChanged(importId: $id) { status } }`, "variables": object{"id": run},
		}})
		require.Equal(t, object{"id": "1", "type": "next", "payload": object{
			"data": object{"importStatusChanged": object{"status": "COMPLETED"}},
		}}, s.read())
		require.Equal(t, object{"id": "1", "type": "complete"}, s.read())
		s.send(object{"id": "2", "type": "subscribe", "payload": object{"query": `{ viewer { role } }`}})
		require.Equal(t, "next", s.read()["type"])
	})
}

func TestASocketOfNobodyIsClosedAndOneWhoseTokenExpiresToo(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		s := w.dial(t)
		s.send(object{"type": "connection_init"})
		require.EqualValues(t, 4403, s.closed())

		v := w.reader
		v.ExpiresAt = time.Now().Add(300 * time.Millisecond)
		s = w.socket(t, v)
		s.send(object{"id": "1", "type": "subscribe", "payload": object{"query": `subscription { importStatusChanged { id } }`}})
		require.EqualValues(t, 4403, s.closed())
	})
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		v := w.reader
		v.ExpiresAt = time.Now().Add(300 * time.Millisecond)
		stream := w.subscribe(v, `subscription { importStatusChanged { id } }`, nil)
		select {
		case _, open := <-stream:
			require.False(t, open)
		case <-time.After(20 * time.Second):
			require.Fail(t, "the stream goes on")
		}
	})
}

func TestAForeignPageCannotOpenASocket(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		_, response, err := websocket.Dial(t.Context(), strings.Replace(w.server.URL, "http", "ws", 1)+"/graphql", &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}},
		})
		require.Error(t, err)
		if response != nil && response.Body != nil {
			response.Body.Close()
		}
	})
}
