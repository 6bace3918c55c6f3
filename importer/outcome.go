package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/prefixid"
	"entrepot/processor"
)

// outcome is everything that a run comes to, complete before the first statement of the write.
type outcome struct {
	failure  *failureError // nil: there are results
	counts   counts
	mapping  []definition.ColumnMapping
	warnings []definition.Warning
	log      *definition.ErrorLog // nil: no row was read
	results  []processor.Result
	lines    []definition.LogLine // what the version's code wrote to its console
	rejected *rejectedFile
	// rejectedKey is set when the outcome has set-aside rows to show.
	rejectedKey *string
	sum         string // SHA-256 of what was read; empty when it was not read to the end
}

// fail makes the outcome a failure, without results.
func (o *outcome) fail(f *failureError) { o.failure, o.results = f, nil }

// showsRejected tells whether the outcome is about the rows that were set aside.
func (o *outcome) showsRejected() bool {
	return o.failure == nil || o.failure.Code == definition.ErrorInvalidRows ||
		o.failure.Code == definition.ErrorNoValidRows
}

// keepRejected makes the object of the set-aside rows.
func (o *outcome) keepRejected() (err error) {
	o.rejectedKey, err = o.rejected.finish()
	return err
}

func (o *outcome) status() definition.ImportStatus {
	switch {
	case o.failure != nil:
		return definition.ImportFailed
	case o.counts.rejected > 0:
		return definition.ImportPartiallyCompleted
	}
	return definition.ImportCompleted
}

// write is the one write of an outcome: the final status, all results, the row errors, and the lease's end. It gives
// errLost when the import is not this attempt's any more; then, as after any error, nothing is written.
//
// The status comes after the results, whose foreign keys are checked faster against a row that this transaction has not
// changed yet; and whoever cancels meanwhile need not wait. Its guard decides whether all of it counts.
func (a *attempt) write(ctx context.Context, o *outcome) error {
	update := a.mine()
	a.final(update, o)
	var errs []*ent.ImportRowErrorCreate
	if o.log != nil {
		errs = a.errors(o.log.Errors())
	}
	err := a.DB.Do(ctx, "finishImport", func(ctx context.Context) error {
		if has, err := a.has(ctx); err != nil || !has { // or the results of another attempt would be in the way
			return cmp.Or(err, errLost)
		}
		if err := a.insertResults(ctx, o.results); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
		for start := 0; start < len(errs); start += rowsPerStatement {
			some := errs[start:min(start+rowsPerStatement, len(errs))]
			if err := a.DB.Client().ImportRowError.CreateBulk(some...).Exec(ctx); err != nil {
				return fmt.Errorf("write row errors: %w", err)
			}
		}
		lines := a.logLines(o.lines)
		for start := 0; start < len(lines); start += rowsPerStatement {
			some := lines[start:min(start+rowsPerStatement, len(lines))]
			if err := a.DB.Client().ImportLogLine.CreateBulk(some...).Exec(ctx); err != nil {
				return fmt.Errorf("write log: %w", err)
			}
		}
		changed, err := update.Save(ctx)
		if err != nil {
			return fmt.Errorf("write status: %w", err)
		}
		if changed == 0 {
			return errLost
		}
		if o.failure == nil {
			if err := a.supersede(ctx); err != nil {
				return err
			}
		}
		if err := a.dropLease(ctx); err != nil {
			return err
		}
		return a.tell(ctx, a.run.OrganizationID, a.run.ID, true)
	})
	if err != nil {
		return fmt.Errorf("finish import: %w", err)
	}
	return nil
}

func (a *attempt) final(update *ent.ImportRunUpdate, o *outcome) {
	update.SetStatus(o.status()).
		SetProcessedAt(a.now()).
		SetAcceptedRowCount(o.counts.accepted).
		SetRejectedRowCount(o.counts.rejected).
		SetProcessedRowCount(o.counts.processed()).
		SetBlankRowCount(o.counts.blank).
		SetResultCount(len(o.results)).
		SetNillableRejectedRowsKey(o.rejectedKey)
	warnings := o.warnings
	if o.log != nil {
		update.SetErrorGroups(o.log.Groups())
		if o.log.Truncated() {
			warnings = append(warnings[:len(warnings):len(warnings)], truncatedWarning(a.Limits.MaxRowErrors, o.log.Total()))
		}
	}
	if len(warnings) > 0 {
		update.SetWarnings(warnings)
	}
	if o.mapping != nil {
		update.SetColumnMapping(o.mapping)
	}
	if o.sum != "" {
		update.SetRowCount(o.counts.processed()).SetSha256(o.sum)
	}
	if o.failure == nil {
		return
	}
	update.SetErrorCode(o.failure.Code).SetError(o.failure.Sentence).SetErrorParams(o.failure.Params)
}

func (a *attempt) errors(errs []definition.RowError) []*ent.ImportRowErrorCreate {
	rows := make([]*ent.ImportRowErrorCreate, len(errs))
	for i := range errs {
		e := &errs[i]
		row := a.DB.Client().ImportRowError.Create().
			SetID(prefixid.New(prefixid.RowError)).
			SetOrganizationID(a.run.OrganizationID).
			SetImportID(a.run.ID).
			SetPosition(i).
			SetRow(e.Row).
			SetCode(e.Code).
			SetValue(cut(e.Value)).
			SetMessage(e.Message).
			SetParams(e.Params)
		if e.Line > 0 {
			row.SetLine(e.Line)
		}
		if e.Column != "" {
			row.SetColumn(e.Column)
		}
		rows[i] = row
	}
	return rows
}

// maxValue is how much of a cell is kept, in characters.
const maxValue = 200

// cut shortens a value that grew when what cannot be shown in it was spelled out.
func cut(value string) string {
	n := 0
	for i := range value {
		if n == maxValue {
			return value[:i]
		}
		n++
	}
	return value
}

// errTried ends a transaction that was only to find out.
var errTried = errors.New("tried")

// findRefused writes the results again, in halves of halves, until the one that the database refuses stands alone, and
// takes everything back.
func (a *attempt) findRefused(
	ctx context.Context, results []processor.Result, refused *database.ConstraintError,
) (*failureError, error) {
	var culprit *processor.Result
	err := a.DB.Do(ctx, "findRefusedResult", func(ctx context.Context) error {
		var err error
		if culprit, err = a.bisect(ctx, results); err != nil {
			return err
		}
		return errTried
	})
	if err != nil && !errors.Is(err, errTried) {
		return nil, fmt.Errorf("find the refused result: %w", err)
	}
	rule := refused.Name
	if rule == "" {
		rule = refused.Kind.String()
	}
	params := []definition.Param{{Name: "constraint", Value: rule}}
	if culprit == nil {
		return fail(definition.ErrorConstraintViolation, params,
			"the database refused the results by its rule '%s'", rule), nil
	}
	var outputs []string
	for _, o := range a.version.Outputs {
		if o.PeriodUnit == culprit.PeriodUnit {
			outputs = append(outputs, o.Key)
		}
	}
	site := "the file"
	if culprit.SiteKey != nil {
		site = "site '" + *culprit.SiteKey + "'"
		params = append(params, definition.Param{Name: "site", Value: *culprit.SiteKey})
	}
	period := periodName(culprit)
	params = append(params, definition.Param{Name: "period", Value: period},
		definition.Param{Name: "outputs", Value: join(outputs)})
	return fail(definition.ErrorConstraintViolation, params,
		"the database refused the result for %s in %s (%s) by its rule '%s'", site, period, join(outputs), rule), nil
}

// bisect finds the first result that cannot be written after those before it; nil when all can.
func (a *attempt) bisect(ctx context.Context, results []processor.Result) (*processor.Result, error) {
	for start := 0; start < len(results); start += rowsPerStatement {
		some := results[start:min(start+rowsPerStatement, len(results))]
		for {
			err := a.DB.Do(ctx, "tryResults", func(ctx context.Context) error {
				return a.DB.Client().ImportResult.CreateBulk(a.rows(some)...).Exec(ctx)
			})
			if err == nil {
				break
			}
			if _, ok := database.AsConstraint(err); !ok {
				return nil, err
			}
			if len(some) == 1 {
				return &some[0], nil
			}
			half, err := a.bisect(ctx, some[:len(some)/2])
			if half != nil || err != nil {
				return half, err
			}
			some = some[len(some)/2:]
		}
	}
	return nil, nil
}

// periodName writes a period as people do: 2024, 2024-Q1, 2024-03.
func periodName(r *processor.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%04d", r.Year)
	switch r.PeriodUnit {
	case definition.Quarterly:
		fmt.Fprintf(&b, "-Q%d", r.Period)
	case definition.Monthly:
		fmt.Fprintf(&b, "-%02d", r.Period)
	}
	return b.String()
}
