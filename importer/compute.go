package importer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/processor"
	"entrepot/tabular"
)

// compute reads the file and computes everything that finish will write. The outcome is never nil. Of what goes wrong,
// what the import is to tell is in the outcome; an error is the database's, or the end of ctx.
func (a *attempt) compute(ctx context.Context) (result *outcome, err error) {
	result = &outcome{rejected: &rejectedFile{
		ctx: context.WithoutCancel(ctx), bucket: a.Bucket, key: rejectedKey(a.run, a.run.Attempt),
	}}
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
		var limit *processor.LimitError
		var panicked *panicError
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.As(err, &limit):
			result.fail(&failureError{Code: limit.Code, Sentence: limit.Message, Params: limit.Params})
			err = nil
		case errors.As(err, &panicked):
			result.fail(a.internal(ctx, err))
			err = nil
		default:
			if failure := readFailure(err); failure != nil {
				if failure.Code == definition.ErrorStorageUnavailable {
					a.Logger.ErrorContext(ctx, "bucket cannot be used", "import_id", a.run.ID, "error", err)
				}
				result.fail(failure)
				err = nil
			} else if !database.Unavailable(err) {
				result.fail(a.internal(ctx, err))
				err = nil
			}
		}
		result.counts, result.mapping, result.warnings, _ = a.tally.take()
	}()
	a.dropLeftovers(ctx)
	sites, warnings, err := a.prepare(ctx)
	if err != nil {
		return result, err
	}
	a.tally.matched(nil, warnings)
	source, err := a.openSource(ctx, a.run, a.history.GcsPath)
	if err != nil {
		return result, err
	}
	defer source.close()
	return result, a.read(ctx, result, source, sites)
}

// prepare reads the sites, and whether this file was imported before.
func (a *attempt) prepare(ctx context.Context) (sites processor.Sites, warnings []definition.Warning, err error) {
	err = a.DB.Read(ctx, func(ctx context.Context) error {
		if slices.ContainsFunc(a.version.Columns, func(c definition.Column) bool {
			return c.Role == definition.RoleSiteIdentifier
		}) {
			if sites, err = a.knownSites(ctx); err != nil {
				return err
			}
		}
		warnings, err = a.duplicateWarning(ctx)
		return err
	})
	return sites, warnings, err
}

// read goes through the file and leaves in the outcome what it comes to.
func (a *attempt) read(ctx context.Context, result *outcome, source *source, sites processor.Sites) error {
	table, err := tabular.Open(a.wrap(source), tabular.Config{
		Format: tabular.FormatOf(a.version.Format), Limits: tabular.LimitsOf(a.Limits),
	})
	if err != nil {
		return err
	}
	defer table.Close() //nolint:errcheck // temporary files are the system's to remove where we cannot
	header := table.Header()
	found, mapping, err := definition.MatchColumns(a.version.Columns, header, a.run.RequestedMapping)
	if err != nil {
		return err
	}
	a.tally.matched(mapping, append(table.Warnings(), columnWarnings(header, a.version.Columns, found)...))
	year := 0
	if a.run.Year != nil {
		year = *a.run.Year
	}
	aggregation, err := processor.New(processor.Config{
		Version: a.version, Columns: found, Year: year, Sites: sites,
		MaxSites: a.Limits.MaxSites, MaxResults: a.Limits.MaxResults,
	})
	if err != nil {
		return err
	}
	p := newPipeline(a, table, aggregation, result.rejected, found)
	err = p.run(ctx)
	result.log = p.log()
	if err != nil {
		return err
	}
	if result.sum, err = source.check(a.run.Sha256); err != nil {
		return err
	}
	counts, _, _, _ := a.tally.take()
	if failure := a.verdict(counts, result.log); failure != nil {
		result.fail(failure)
		return nil
	}
	result.results, err = aggregation.Results()
	return err
}

// verdict is why a file that was read to its end gives no results; nil when it does.
func (a *attempt) verdict(c counts, log *definition.ErrorLog) *failureError {
	total := []definition.Param{number("rows", c.processed()), number("rejectedRows", c.rejected)}
	switch {
	case c.processed() == 0:
		return fail(definition.ErrorNoRows, nil, "the file has a header and no rows below it")
	case c.rejected > 0 && a.run.OnInvalidRow == definition.InvalidRowFail:
		where, params := firstError(log)
		return fail(definition.ErrorInvalidRows, append(total, params...), "%s; the first is %s",
			ofRows(c.rejected, c.processed()), where)
	case c.accepted == 0:
		where, params := firstError(log)
		return fail(definition.ErrorNoValidRows, append(total, params...),
			"none of the %d rows could be accepted; the first is %s", c.processed(), where)
	}
	return nil
}

func ofRows(some, all int64) string {
	if all == 1 {
		return "the only row has an error"
	}
	if some == 1 {
		return fmt.Sprintf("1 of %d rows has an error", all)
	}
	return fmt.Sprintf("%d of %d rows have errors", some, all)
}

// firstError says where the first row error is and what it says, and gives the parameters of that.
func firstError(log *definition.ErrorLog) (string, []definition.Param) {
	var first *definition.RowError
	for _, group := range log.Groups() {
		if first == nil || group.Sample.Row < first.Row {
			first = &group.Sample
		}
	}
	if kept := log.Errors(); len(kept) > 0 {
		first = &kept[0]
	}
	if first == nil {
		return "not known", nil
	}
	where := fmt.Sprintf("row %d (line %d)", first.Row, first.Line)
	params := []definition.Param{
		number("row", first.Row), number("line", first.Line), {Name: "code", Value: string(first.Code)},
	}
	if first.Column != "" {
		params = append(params, definition.Param{Name: "column", Value: first.Column})
		if !strings.Contains(first.Message, "'"+first.Column+"'") {
			where += fmt.Sprintf(", column '%s'", first.Column)
		}
	}
	return where + ": " + lowerFirst(strings.TrimSuffix(first.Message, ".")), params
}

// internal is the failure of what should not happen. The log tells what it was, under the id that the sentence names.
func (a *attempt) internal(ctx context.Context, err error) *failureError {
	id := rand.Text()
	attributes := []any{"import_id", a.run.ID, "error_id", id, "error", err}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attributes = append(attributes, "stack", string(panicked.stack))
	}
	a.Logger.ErrorContext(ctx, "an import failed by a fault of the server", attributes...)
	return fail(definition.ErrorInternal, []definition.Param{{Name: "errorId", Value: id}},
		"something went wrong in the server; tell its operator the error id %s", id)
}

// panicError is a panic of a run's goroutine.
type panicError struct {
	value any
	stack []byte
}

// Error tells the value.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
