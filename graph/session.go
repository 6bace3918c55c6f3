package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"entrepot/database"
)

// snapshots gives every query operation, and every field of a mutation once its command has committed, one snapshot of the
// data, opened by its first statement, and one memory of siblings. Messages of subscriptions have their own (live).
type snapshots struct{ db *database.DB }

var (
	_ graphql.OperationInterceptor = snapshots{}
	_ graphql.RootFieldInterceptor = snapshots{}
)

// ExtensionName is gqlgen's.
func (snapshots) ExtensionName() string { return "Snapshots" }

// Validate is gqlgen's.
func (snapshots) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation opens the snapshot of a query.
func (s snapshots) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Query {
		return next(ctx)
	}
	ctx, done := s.db.Snapshot(withFamilies(ctx))
	responses := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		defer done()
		return responses(ctx)
	}
}

// InterceptRootField opens the snapshot of one field of a mutation; its command's transaction stands before it.
func (s snapshots) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Mutation {
		return next(ctx)
	}
	ctx, done := s.db.Snapshot(withFamilies(ctx))
	defer done()
	return next(ctx)
}
