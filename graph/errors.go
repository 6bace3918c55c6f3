package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"entrepot/database"
	"entrepot/ent/rule"
	"entrepot/graph/model"
	"entrepot/prefixid"
	"entrepot/storage"
)

// The codes of top-level errors beside gqlgen's GRAPHQL_PARSE_FAILED and GRAPHQL_VALIDATION_FAILED.
const (
	codeBadInput        = "BAD_USER_INPUT"
	codeForbidden       = "FORBIDDEN"
	codeInternal        = "INTERNAL"
	codeLimit           = "LIMIT_EXCEEDED"
	codeNotFound        = "NOT_FOUND"
	codeRateLimited     = "RATE_LIMITED"
	codeSinceTooOld     = "SINCE_TOO_OLD"
	codeUnauthenticated = "UNAUTHENTICATED"
	codeUnavailable     = "SERVICE_UNAVAILABLE"
)

// undecoded is how gqlgen's error begins of a body that is JSON, and no request.
const undecoded = "json request body could not be decoded"

// codedError is an error that a client is shown as it is.
type codedError struct{ code, message string }

func (e *codedError) Error() string { return e.message }

func badInput(message string) error { return &codedError{codeBadInput, message} }

// presenter turns errors into what a client is shown: known ones with their code, all others as INTERNAL with an id under
// which the log, and nothing else, says what happened.
type presenter struct{ logger *slog.Logger }

func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	var shown *gqlerror.Error
	if !errors.As(err, &shown) {
		shown = gqlerror.WrapPath(graphql.GetPath(ctx), err)
	}
	out := &gqlerror.Error{Path: shown.Path, Locations: shown.Locations, Extensions: map[string]any{}}
	var coded *codedError
	var input *model.InputError
	switch code, _ := shown.Extensions["code"].(string); {
	case errors.As(err, &coded):
		out.Message, out.Extensions["code"] = coded.message, coded.code
	case errors.As(err, &input):
		out.Message, out.Extensions["code"] = input.Message, codeBadInput
	case errors.Is(err, rule.ErrForbidden):
		out.Message, out.Extensions["code"] = "Your role does not allow this. Ask an owner of the organization.", codeForbidden
	case code != "":
		// Suggestions would tell names that the client did not send.
		out.Message, _, _ = strings.Cut(shown.Message, " Did you mean ")
		out.Extensions["code"] = code
	case shown.Err == nil && strings.HasPrefix(shown.Message, undecoded):
		// Its text quotes the body.
		out.Message, out.Extensions["code"] = "The request's body is not an object with a query and variables.", codeBadInput
	case errors.Is(err, context.Canceled):
		out.Message, out.Extensions["code"] = "The request was canceled.", codeUnavailable
	case database.Unavailable(err):
		p.logger.WarnContext(ctx, "database unavailable", "path", shown.Path.String(), "error", err)
		out.Message, out.Extensions["code"] = "The database does not answer; try again in a moment.", codeUnavailable
	case errors.Is(err, storage.ErrUnavailable):
		p.logger.WarnContext(ctx, "bucket unavailable", "path", shown.Path.String(), "error", err)
		out.Message, out.Extensions["code"] = "The bucket does not answer; try again in a moment.", codeUnavailable
	default:
		id := prefixid.New("err")
		p.logger.ErrorContext(ctx, "request failed", "error_id", id, "path", shown.Path.String(), "error", err)
		out.Message, out.Extensions["code"] = "Internal error.", codeInternal
		out.Extensions["errorId"] = id
	}
	return out
}

// recovered is what a panic in a resolver becomes.
func (p presenter) recovered(_ context.Context, cause any) error {
	return fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
}
