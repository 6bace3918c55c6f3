package importer

import (
	"context"
	"fmt"
	"slices"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/refusal"
	"entrepot/viewer"
)

// maxChain is how many files a correction reads at most: those of the imports that it goes back to, and its own.
const maxChain = 32

// correctable is the viewer's group's import that a corrected file is for; where there is none, or it cannot be
// corrected, the reason is added to errs. Of two that ask at once, the second waits for the first to commit.
func (i *Importer) correctable(
	ctx context.Context, errs *refusal.Errors, v viewer.Viewer, id string,
) (*ent.ImportRun, error) {
	field := refusal.Input("correctionOf")
	earlier, err := i.find(ctx, id)
	if err == nil && earlier.GroupID != v.GroupID {
		err = refusal.New(refusal.NotFound, field, noImport)
	}
	if _, missing := refusal.From(err); missing {
		errs.Add(refusal.NotFound, field, noImport)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !hasRowsToCorrect(earlier) {
		errs.Add(refusal.InvalidTransition, field, "This import is %s%s; only one whose rows were set aside is corrected: "+
			"PARTIALLY_COMPLETED, or FAILED with INVALID_ROWS or NO_VALID_ROWS.", earlier.Status, withCode(earlier))
		return nil, nil
	}
	return earlier, i.alone(ctx, errs, earlier, "", field)
}

// hasRowsToCorrect tells whether an import has ended with rows that were set aside.
func hasRowsToCorrect(run *ent.ImportRun) bool {
	if run.RejectedRowCount == 0 {
		return false
	}
	switch run.Status {
	case definition.ImportPartiallyCompleted:
		return true
	case definition.ImportFailed:
		return run.ErrorCode != nil &&
			(*run.ErrorCode == definition.ErrorInvalidRows || *run.ErrorCode == definition.ErrorNoValidRows)
	}
	return false
}

func withCode(run *ent.ImportRun) string {
	if run.ErrorCode == nil {
		return ""
	}
	return " with " + string(*run.ErrorCode)
}

// alone adds to errs what else corrects the same import, or one that this one goes back to: two complete results of the
// same rows would be one too many. again is the import that is run again, whose own results are in nobody's way.
func (i *Importer) alone(
	ctx context.Context, errs *refusal.Errors, earlier *ent.ImportRun, again string, field []string,
) error {
	chain, err := i.chain(ctx, earlier)
	if err != nil {
		return err
	}
	if len(chain) >= maxChain {
		errs.Add(refusal.LimitReached, field, "This import goes back to %d files, which is the most; "+
			"import one file with all rows instead.", len(chain))
		return nil
	}
	// All that goes back to one import takes turns here.
	if err := i.DB.Hold(ctx, importrun.Table, chain[0].ID); err != nil {
		return err
	}
	for at, run := range chain {
		other, superseded, err := i.competitor(ctx, run, chain[at+1:], again)
		if err != nil {
			return err
		}
		if other == "" {
			continue
		}
		e := refusal.Error{
			Code: refusal.Conflict, Field: field,
			Message: fmt.Sprintf("Import %s is correcting the same rows: wait for its end, or cancel it.", other),
			Params:  []definition.Param{{Name: "importId", Value: other}},
		}
		if superseded {
			e.Code = refusal.InvalidTransition
			e.Message = fmt.Sprintf("These rows were corrected by import %s: correct that one, if anything is left.", other)
		}
		*errs = append(*errs, e)
		return nil
	}
	return nil
}

// competitor is the import that has superseded run, or is about to; empty where there is none but what comes after it
// in the chain.
func (i *Importer) competitor(
	ctx context.Context, run *ent.ImportRun, after []*ent.ImportRun, again string,
) (id string, superseded bool, err error) {
	runs := i.DB.Client().ImportRun
	active, err := runs.Query().Where(importrun.CorrectionOfID(run.ID),
		importrun.StatusIn(definition.ImportPending, definition.ImportProcessing)).
		Order(importrun.ByCreatedAt(), importrun.ByID()).FirstID(ctx)
	if err == nil {
		return active, false, nil
	}
	if !ent.IsNotFound(err) {
		return "", false, fmt.Errorf("look for other corrections: %w", err)
	}
	// The row may have changed since it was read, before it was locked.
	now, err := runs.Get(ctx, run.ID)
	if err != nil {
		return "", false, fmt.Errorf("read import again: %w", err)
	}
	if now.SupersededByID == nil {
		return "", false, nil
	}
	by := *now.SupersededByID
	own := again
	if len(after) > 0 {
		own = after[0].ID
	}
	if own == "" {
		return by, true, nil
	}
	line, err := i.retryLine(ctx, own)
	if err != nil || slices.Contains(line, by) {
		return "", false, err
	}
	return by, true, nil
}

// chain is the imports that a correction of the last goes back to: the one that read a file of its own first, then each
// one's correction, and the last itself. It stops at maxChain.
func (i *Importer) chain(ctx context.Context, last *ent.ImportRun) ([]*ent.ImportRun, error) {
	chain := []*ent.ImportRun{last}
	for run := last; run.CorrectionOfID != nil && len(chain) < maxChain; chain = append(chain, run) {
		var err error
		if run, err = i.DB.Client().ImportRun.Get(ctx, *run.CorrectionOfID); err != nil {
			return nil, fmt.Errorf("read corrected import: %w", err)
		}
	}
	slices.Reverse(chain)
	return chain, nil
}

// retryLine is an import with those that it is a repetition of: each of them stands for the same rows.
func (i *Importer) retryLine(ctx context.Context, id string) ([]string, error) {
	var line []string
	for next := &id; next != nil; {
		line = append(line, *next)
		run, err := i.DB.Client().ImportRun.Get(ctx, *next)
		if err != nil {
			return nil, fmt.Errorf("read repeated import: %w", err)
		}
		next = run.RetryOfID
	}
	return line, nil
}

// asCorrected is the input with what the earlier import settles: the definition's version and the year. What speaks
// against it is added to errs.
func (in StartInput) asCorrected(errs *refusal.Errors, earlier *ent.ImportRun) StartInput {
	if in.ImportDefinitionID != earlier.ImportDefinitionID {
		errs.Add(refusal.InvalidInput, refusal.Input("correctionOf"),
			"The import to be corrected ran with another definition: %s.", earlier.ImportDefinitionID)
		return in
	}
	if in.Version != nil && *in.Version != earlier.DefinitionVersion {
		errs.Add(refusal.InvalidInput, refusal.Input("version"),
			"The import to be corrected ran with version %d of the definition: leave the version out.",
			earlier.DefinitionVersion)
	}
	if in.Year != nil && (earlier.Year == nil || *in.Year != *earlier.Year) {
		errs.Add(refusal.InvalidInput, refusal.Input("year"),
			"The import to be corrected is for %s: leave the year out.", yearOf(earlier))
	}
	version := earlier.DefinitionVersion
	in.Version, in.Year = &version, earlier.Year
	if in.OnInvalidRow == nil {
		policy := earlier.OnInvalidRow
		in.OnInvalidRow = &policy
	}
	return in
}

func yearOf(run *ent.ImportRun) string {
	if run.Year == nil {
		return "the years in its file"
	}
	return fmt.Sprintf("the year %d", *run.Year)
}

// correctedFormat is how a corrected file is read: how it is written is found out, and what its numbers and dates mean
// stays as it was with the earlier import.
func correctedFormat(earlier definition.Format) definition.Format {
	return definition.Format{
		Locale:             earlier.Locale,
		DecimalSeparator:   earlier.DecimalSeparator,
		ThousandsSeparator: earlier.ThousandsSeparator,
		DateFormats:        earlier.DateFormats,
		TimeZone:           earlier.TimeZone,
	}
}
