package importer

import (
	"context"
	"fmt"
	"strings"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

// Retry makes a new Import of one that FAILED, was CANCELED or PARTIALLY_COMPLETED and that no correction has superseded:
// same file, version, mapping, format, year and policy, and a correction of the same import. It needs a COLLECTOR in the
// group of the file. A definition that was archived meanwhile is no hindrance.
//
// Refusals: FORBIDDEN, GROUP_REQUIRED, INVALID_INPUT, NOT_FOUND, UPLOAD_FAILED, INVALID_TRANSITION,
// IDEMPOTENCY_KEY_REUSED, LIMIT_REACHED where as many wait as may; of a correction CONFLICT too, where another one has
// begun meanwhile.
func (i *Importer) Retry(ctx context.Context, id string, idempotencyKey *string) (*ent.ImportRun, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, true)
	if err != nil {
		return nil, err
	}
	id, idempotencyKey = strings.TrimSpace(id), trimmed(idempotencyKey)
	var errs refusal.Errors
	if checkText(&errs, "idempotencyKey", "The idempotency key", idempotencyKey); len(errs) > 0 {
		return nil, errs
	}
	hash, err := hashOf(struct{ Import string }{id})
	if err != nil {
		return nil, err
	}
	var run *ent.ImportRun
	err = i.DB.Do(ctx, "retryImport", func(ctx context.Context) error {
		run, err = i.once(ctx, v, "retryImport", "id", idempotencyKey, hash,
			func(ctx context.Context) (*ent.ImportRunCreate, error) { return i.prepareRetry(ctx, v, id) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("retry import: %w", err)
	}
	return run, nil
}

func (i *Importer) prepareRetry(ctx context.Context, v viewer.Viewer, id string) (*ent.ImportRunCreate, error) {
	if err := i.DB.Hold(ctx, importrun.Table, id); err != nil { // a correction of it may be ending
		return nil, err
	}
	old, err := i.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if old.GroupID != v.GroupID {
		return nil, refusal.New(refusal.NotFound, refusal.Input("id"), noImport)
	}
	switch old.Status {
	case definition.ImportFailed, definition.ImportCanceled, definition.ImportPartiallyCompleted:
	default:
		return nil, refusal.New(refusal.InvalidTransition, refusal.Input("id"),
			"This import is %s; only one that FAILED, was CANCELED or PARTIALLY_COMPLETED is run again.", old.Status)
	}
	if old.SupersededByID != nil { // run again, it would be newer than what has all its rows
		return nil, refusal.New(refusal.InvalidTransition, refusal.Input("id"),
			"This import has been corrected, by %s: that one has the results that count.", *old.SupersededByID)
	}
	var errs refusal.Errors
	history, err := i.heldHistory(ctx, &errs, prefixid.FromNumber(prefixid.UploadHistory, old.UploadHistoryID), "id")
	if err != nil {
		return nil, err
	}
	if history == nil {
		return nil, errs
	}
	var earlier *ent.ImportRun
	if old.CorrectionOfID != nil {
		if earlier, err = i.DB.Client().ImportRun.Get(ctx, *old.CorrectionOfID); err != nil {
			return nil, fmt.Errorf("read corrected import: %w", err)
		}
		if err := i.alone(ctx, &errs, earlier, old.ID, refusal.Input("id")); err != nil {
			return nil, err
		}
		if len(errs) > 0 {
			return nil, errs
		}
	}
	create := i.create(history, earlier).
		SetDefinitionOrganizationID(old.DefinitionOrganizationID).
		SetImportDefinitionID(old.ImportDefinitionID).
		SetDefinitionVersionID(old.DefinitionVersionID).
		SetDefinitionVersion(old.DefinitionVersion).
		SetNillableYear(old.Year).
		SetFormat(old.Format).
		SetOnInvalidRow(old.OnInvalidRow).
		SetRetryOfID(old.ID)
	if len(old.RequestedMapping) > 0 {
		create.SetRequestedMapping(old.RequestedMapping)
	}
	return create, nil
}
