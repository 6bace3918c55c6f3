package graph

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/event"
	"entrepot/graph/model"
	"entrepot/prefixid"
	"entrepot/viewer"
)

const (
	// progressInterval is how often the progress of one import is told at most.
	progressInterval = 250 * time.Millisecond
	// sinceOverlap makes up for changes that were under way when a client saw its newest updatedAt.
	sinceOverlap = time.Minute
	// mostPresent is how many entities a subscription begins with at most.
	mostPresent = 1000
	// lookOverlap makes up for changes that were under way, and for clocks that differ, when a topic looks again.
	lookOverlap = 10 * time.Second
	// retryInterval is how long a message waits that could not be read.
	retryInterval = time.Second
)

// oldest is earlier than every change; what databases cannot hold is earlier still.
var oldest = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// live runs subscriptions. Each message is one execution of the client's document on one entity, in a snapshot of its own.
// Subscribers with the same document, variables and scope share a topic, which executes once for all of them.
type live struct {
	*Config
	schema  graphql.ExecutableSchema
	present presenter

	mu     sync.Mutex
	topics map[string]*topic
}

var _ graphql.OperationInterceptor = (*live)(nil)

func newLive(c *Config, schema graphql.ExecutableSchema, p presenter) *live {
	return &live{Config: c, schema: schema, present: p, topics: map[string]*topic{}}
}

// ExtensionName is gqlgen's.
func (*live) ExtensionName() string { return "Live" }

// Validate is gqlgen's.
func (*live) Validate(graphql.ExecutableSchema) error { return nil }

// message is the state of one entity, executed for a document.
type message struct {
	id       string
	revision int64
	status   string
	final    bool
	response *graphql.Response
}

// target is the entity that a message is about; the subscription's resolver loads it and fills in the rest.
type target struct{ message }

type targetKey struct{}

// request is what a subscriber asks for.
type request struct {
	kind  event.Kind
	id    string // empty: all
	since *time.Time
}

// InterceptOperation answers subscriptions; other operations pass.
func (l *live) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	if _, ok := ctx.Value(connectionKey{}).(*connection); !ok { // one answer, by rights that nobody looks after
		return l.fail(ctx, badInput("Subscriptions are served over WebSocket or server-sent events."))
	}
	req, err := requested(op)
	if err != nil {
		return l.fail(ctx, err)
	}
	sub := l.join(ctx, op, req)
	context.AfterFunc(ctx, sub.leave)
	// The present state is read after joining, so that no change falls between.
	present, err := l.presentState(ctx, req)
	if err != nil {
		sub.leave()
		return l.fail(ctx, err)
	}
	seen := map[string]int64{}
	ended := false
	return func(ctx context.Context) *graphql.Response {
		for !ended && ctx.Err() == nil {
			var m message
			if len(present) > 0 {
				m = l.execute(ctx, op, present[0])
				present = present[1:]
			} else if m, err = sub.next(ctx); err != nil {
				ended = true
				return l.fail(ctx, err)(ctx)
			}
			switch {
			case ctx.Err() != nil: // in the middle of it
				return nil
			case m.response == nil && req.id != "":
				ended = true
				sub.leave()
				return l.fail(ctx, &codedError{codeNotFound, "There is nothing with this id."})(ctx)
			case m.response == nil, m.revision != 0 && m.revision <= seen[m.id]:
				continue
			}
			seen[m.id] = m.revision
			if ended = m.final && req.id != ""; ended {
				sub.leave()
			}
			return m.response
		}
		return nil
	}
}

// requested reads the arguments of the one field.
func requested(op *graphql.OperationContext) (request, error) {
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) != 1 {
		return request{}, badInput("A subscription has exactly one field.")
	}
	req := request{kind: event.Import}
	idArgument := "importId"
	if fields[0].Name == "uploadHistoryStatusChanged" {
		req.kind, idArgument = event.UploadHistory, "uploadHistoryId"
	}
	arguments := fields[0].ArgumentMap(op.Variables)
	if id, ok := arguments[idArgument]; ok && id != nil {
		var err error
		if req.id, err = model.UnmarshalID(id); err != nil || req.id == "" {
			return request{}, &codedError{codeNotFound, "There is nothing with this id."}
		}
	}
	if since, ok := arguments["since"]; ok && since != nil {
		at, err := model.UnmarshalTime(since)
		if err != nil {
			return request{}, err
		}
		if at.Before(oldest) {
			at = oldest
		}
		req.since = &at
	}
	return req, nil
}

// fail answers with one error and completes; where the context has ended it only completes, since that is why.
func (l *live) fail(ctx context.Context, err error) graphql.ResponseHandler {
	if ctx.Err() != nil {
		return func(context.Context) *graphql.Response { return nil }
	}
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{l.present.present(ctx, err)}})
}

// presentState is the ids of what a subscription begins with, oldest change first.
func (l *live) presentState(ctx context.Context, req request) (ids []string, err error) {
	if req.id != "" {
		return []string{req.id}, nil
	}
	err = l.DB.Read(ctx, func(ctx context.Context) error {
		switch req.kind {
		case event.UploadHistory:
			ids, err = l.presentHistories(ctx, req.since)
		default:
			ids, err = l.presentImports(ctx, req.since)
		}
		return err
	})
	if err == nil && len(ids) > mostPresent {
		return nil, &codedError{
			codeSinceTooOld, "Too much has changed since then: query the list again and subscribe with its newest updatedAt.",
		}
	}
	return ids, err
}

func (l *live) presentImports(ctx context.Context, since *time.Time) ([]string, error) {
	active := importrun.StatusIn(definition.ImportPending, definition.ImportProcessing)
	if since != nil {
		active = importrun.Or(active, importrun.UpdatedAtGTE(since.Add(-sinceOverlap)))
	}
	return l.DB.Client().ImportRun.Query().Where(active).
		Order(importrun.ByUpdatedAt(), importrun.ByID()).Limit(mostPresent + 1).IDs(ctx)
}

func (l *live) presentHistories(ctx context.Context, since *time.Time) ([]string, error) {
	active := reviewuploadhistory.StatusIn(definition.UploadNotyet, definition.UploadProcessing)
	if since != nil {
		active = reviewuploadhistory.Or(active, reviewuploadhistory.UpdatedAtGTE(since.Add(-sinceOverlap)))
	}
	numbers, err := l.DB.Client().ReviewUploadHistory.Query().Where(active).
		Order(reviewuploadhistory.ByUpdatedAt(), reviewuploadhistory.ByID(sql.OrderAsc())).Limit(mostPresent + 1).IDs(ctx)
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = prefixid.FromNumber(prefixid.UploadHistory, n)
	}
	return ids, err
}

// revisions are those of the one entity that is asked for, or of all that have changed since then.
func (l *live) revisions(ctx context.Context, req request, since time.Time) (map[string]int64, error) {
	found := map[string]int64{}
	if req.kind == event.UploadHistory {
		where := reviewuploadhistory.UpdatedAtGTE(since)
		if req.id != "" {
			n, _ := prefixid.Number(prefixid.UploadHistory, req.id)
			where = reviewuploadhistory.ID(n)
		}
		rows, err := l.DB.Client().ReviewUploadHistory.Query().Where(where).
			Select(reviewuploadhistory.FieldID, reviewuploadhistory.FieldRevision).All(ctx)
		for _, row := range rows {
			found[historyID(row)] = row.Revision
		}
		return found, err
	}
	where := importrun.UpdatedAtGTE(since)
	if req.id != "" {
		where = importrun.ID(req.id)
	}
	rows, err := l.DB.Client().ImportRun.Query().Where(where).Select(importrun.FieldID, importrun.FieldRevision).All(ctx)
	for _, row := range rows {
		found[row.ID] = row.Revision
	}
	return found, err
}

// execute runs the document on one entity. A message without a response means that the viewer cannot see the entity.
func (l *live) execute(ctx context.Context, op *graphql.OperationContext, id string) message {
	t := &target{message{id: id}}
	ctx, done := l.DB.Snapshot(withFamilies(context.WithValue(ctx, targetKey{}, t)))
	defer done()
	ctx = graphql.WithOperationContext(ctx, op)
	ctx = graphql.WithResponseContext(ctx, l.present.present, l.present.recovered)
	responses := l.schema.Exec(ctx)
	if errs := graphql.GetErrors(ctx); errs != nil {
		if t.final && t.revision == 0 {
			return message{id: id}
		}
		return message{id: id, response: &graphql.Response{Errors: errs}}
	}
	response := responses(ctx)
	if response == nil {
		return message{id: id}
	}
	response.Errors = append(response.Errors, graphql.GetErrors(ctx)...)
	m := t.message
	m.response = response
	return m
}

type subscriptionResolver struct{ *root }

// ImportStatusChanged loads the import that the present message is about.
func (r subscriptionResolver) ImportStatusChanged(
	ctx context.Context, _ *string, _ *time.Time,
) (<-chan *ent.ImportRun, error) {
	return load(ctx, func(id string) (*ent.ImportRun, error) { return r.DB.Client().ImportRun.Get(ctx, id) },
		func(run *ent.ImportRun) message {
			return message{id: run.ID, revision: run.Revision, status: string(run.Status), final: run.Status.Final()}
		})
}

// UploadHistoryStatusChanged loads the history that the present message is about.
func (r subscriptionResolver) UploadHistoryStatusChanged(
	ctx context.Context, _ *string, _ *time.Time,
) (<-chan *ent.ReviewUploadHistory, error) {
	return load(ctx, func(id string) (*ent.ReviewUploadHistory, error) {
		n, _ := prefixid.Number(prefixid.UploadHistory, id)
		return r.DB.Client().ReviewUploadHistory.Get(ctx, n)
	}, func(h *ent.ReviewUploadHistory) message {
		final := h.Status == definition.UploadSuccess || h.Status == definition.UploadFailure
		return message{id: historyID(h), revision: h.Revision, status: h.Status.String(), final: final}
	})
}

// load gives gqlgen a stream of the one entity of the present message.
func load[T any](ctx context.Context, get func(id string) (*T, error), state func(*T) message) (<-chan *T, error) {
	t, ok := ctx.Value(targetKey{}).(*target)
	if !ok {
		return nil, badInput("Subscriptions are served over WebSocket or server-sent events.")
	}
	entity, err := get(t.id)
	switch {
	case ent.IsNotFound(err):
		t.message = message{id: t.id, final: true}
		return nil, &codedError{codeNotFound, "There is nothing with this id."}
	case err != nil:
		return nil, err
	}
	t.message = state(entity)
	stream := make(chan *T, 1)
	stream <- entity
	close(stream)
	return stream, nil
}

// key tells topics apart: what is asked, and by what rights.
func key(op *graphql.OperationContext, req request, scope viewer.Scope) (string, error) {
	text, err := json.Marshal([]any{op.RawQuery, op.OperationName, op.Variables, req.kind, req.id, scope})
	return string(text), err
}
