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
	"entrepot/ent"
	"entrepot/processor"
)

// compute reads the file and computes everything that finish will write. The outcome is never nil. Of what goes wrong,
// what the import is to tell is in the outcome; an error is the database's, or the end of ctx.
func (a *attempt) compute(ctx context.Context) (result *outcome, err error) {
	result = &outcome{}
	if a.sample == nil {
		result.rejected = &rejectedFile{
			ctx: context.WithoutCancel(ctx), bucket: a.Bucket, key: rejectedKey(a.run, a.run.Attempt),
		}
	}
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
		var limit *processor.LimitError
		var mixed *processor.CurrencyError
		var script *processor.ScriptError
		var spill *processor.SpillError
		var panicked *panicError
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.As(err, &limit):
			result.fail(&failureError{Code: limit.Code, Sentence: limit.Message, Params: limit.Params})
			err = nil
		case errors.As(err, &mixed):
			result.fail(&failureError{Code: mixed.Code, Sentence: mixed.Message, Params: mixed.Params})
			err = nil
		case errors.As(err, &script):
			if cause := errors.Unwrap(errors.Unwrap(script)); cause != nil { // what a tenant's code says is not for the log
				a.Logger.WarnContext(ctx, "the process of a processor ended", "import_id", a.run.ID, "code", script.Code, "error", cause)
			}
			result.fail(a.scriptFailure(script))
			err = nil
		case errors.As(err, &spill):
			a.Logger.ErrorContext(ctx, "the temporary file of rows cannot be used", "import_id", a.run.ID, "error", err)
			result.fail(&failureError{Code: spill.Code, Sentence: spill.Message})
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
		result.counts, result.mapping, result.warnings = a.tally.all()
	}()
	a.dropLeftovers(ctx)
	sites, warnings, err := a.prepare(ctx)
	if err != nil {
		return result, err
	}
	a.tally.matched(nil, warnings)
	return result, a.read(ctx, result, sites)
}

// prepare reads the sites, and whether this file was imported before.
func (a *attempt) prepare(ctx context.Context) (sites processor.Sites, warnings []definition.Warning, err error) {
	// A snapshot of its own, whatever the caller has open: it ends before the file is read.
	ctx, end := a.DB.Snapshot(ctx)
	defer end()
	if slices.ContainsFunc(a.version.Columns, func(c definition.Column) bool {
		return c.Role == definition.RoleSiteIdentifier
	}) {
		if sites, err = a.knownSites(ctx); err != nil {
			return nil, nil, err
		}
	}
	warnings, err = a.duplicateWarning(ctx)
	return sites, warnings, err
}

// read goes through the file, and those of the imports that it corrects, and leaves in the outcome what it comes to.
func (a *attempt) read(ctx context.Context, result *outcome, sites processor.Sites) error {
	parts, err := a.open(ctx)
	defer func() {
		for _, p := range parts {
			p.close()
		}
	}()
	if err != nil {
		return err
	}
	code, err := a.prepareCode(parts[len(parts)-1])
	if err != nil {
		return err
	}
	defer code.close()
	if err := a.aggregate(parts, sites, code); err != nil {
		return err
	}
	p, err := newPipeline(ctx, a, parts, result.rejected)
	if err != nil {
		return err
	}
	err = p.run(ctx)
	result.log = p.log()
	if err != nil {
		return err
	}
	result.sum = p.sum
	a.sample.opened(parts[len(parts)-1]) // more was seen of it by now
	counts, _, _ := a.tally.all()
	own := parts[len(parts)-1].aggregation
	if failure := a.verdict(counts, result.log); failure != nil {
		result.fail(failure)
		a.sample.grouped(own)
		return nil
	}
	for _, earlier := range parts[:len(parts)-1] {
		own.Join(earlier.aggregation)
	}
	result.results, err = own.Results(ctx)
	result.lines = own.Log()
	a.sample.grouped(own)
	return err
}

// open opens all files: the import's own first, which is the likeliest to have a fault that somebody can put right. It
// stands last among the parts. On an error too it gives what was opened.
func (a *attempt) open(ctx context.Context) (parts []*part, err error) {
	own, err := a.openPart(ctx, a.run, a.history.GcsPath)
	if err != nil {
		return nil, err
	}
	defer func() { parts = append(parts, own) }()
	a.sample.opened(own)
	mapping, err := own.match(a.version.Columns, a.earlier())
	if err != nil {
		return nil, err
	}
	a.tally.matched(mapping, append(own.table.Warnings(), columnWarnings(own.header, a.version.Columns, own.found)...))
	var earlier *ent.ImportRun
	for _, link := range a.chain {
		if link.history.DeletedAt != nil {
			return parts, (&part{run: link.run}).named(fileMissing())
		}
		p, err := a.openPart(ctx, link.run, link.history.GcsPath)
		if err != nil {
			return parts, err
		}
		p.number, p.rows = len(parts), link.run.ProcessedRowCount
		if earlier != nil {
			p.rows -= earlier.AcceptedRowCount
		}
		parts = append(parts, p)
		if _, err := p.match(a.version.Columns, earlier); err != nil {
			return parts, err
		}
		earlier = link.run
	}
	own.number = len(parts)
	return parts, nil
}

// aggregate makes each file's aggregation: what the cells of earlier files prove holds for later ones too.
func (a *attempt) aggregate(parts []*part, sites processor.Sites, code processing) (err error) {
	year := 0
	if a.run.Year != nil {
		year = *a.run.Year
	}
	var earlier *processor.Aggregation
	for _, p := range parts {
		version := a.version
		version.Format = p.run.Format
		config := processor.Config{
			Version: version, Columns: p.found, Year: year, Sites: sites,
			MaxSites: a.Limits.MaxSites, MaxResults: a.Limits.MaxResults, Serials: serials(p.table.Detected()),
			Sample: p.sample(), Earlier: earlier, File: p.file(),
		}
		if code.engine != nil {
			config.Script, config.Spill, config.Calls = code.engine, code.spill, a.Parallelism
			config.MaxLogLines = a.Limits.MaxLogLines
		}
		p.aggregation, err = processor.New(config)
		if err != nil {
			return p.named(err)
		}
		earlier = p.aggregation
	}
	return nil
}

// serials is how the days are counted that stand as numbers in a file.
func serials(d definition.DetectedFormat) processor.Serials {
	switch {
	case d.Kind != definition.KindXLSX:
		return processor.NoSerials
	case d.Date1904:
		return processor.From1904
	default:
		return processor.From1900
	}
}

// verdict is why a file that was read to its end gives no results; nil when it does.
func (a *attempt) verdict(c counts, log *definition.ErrorLog) *failureError {
	total := []definition.Param{number("rows", c.processed()), number("rejectedRows", c.rejected)}
	switch {
	case c.processed() == 0:
		return fail(definition.ErrorNoRows, nil, "the file has a header and no rows below it")
	case c.rejected > 0 && a.run.OnInvalidRow == definition.InvalidRowFail:
		where, params := firstError(log)
		f := fail(definition.ErrorInvalidRows, append(total, params...), "%s; the first is %s",
			ofRows(c.rejected, c.processed()), where)
		f.ofRows = true
		return f
	case c.accepted == 0:
		where, params := firstError(log)
		f := fail(definition.ErrorNoValidRows, append(total, params...),
			"none of the %d rows could be accepted; the first is %s", c.processed(), where)
		f.ofRows = true
		return f
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
