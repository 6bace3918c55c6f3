package importer

import (
	"context"
	"fmt"
	"strings"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlease"
	"entrepot/ent/importrun"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

// Cancel makes a waiting or running Import CANCELED, at once: whatever its worker still does is not written. It needs a
// COLLECTOR; any Import of the organization may be canceled. The reason may be nil.
//
// Refusals: FORBIDDEN, INVALID_INPUT, NOT_FOUND, and INVALID_TRANSITION for an Import that has ended.
func (i *Importer) Cancel(ctx context.Context, id string, reason *string) (*ent.ImportRun, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, false)
	if err != nil {
		return nil, err
	}
	id, reason = strings.TrimSpace(id), trimmed(reason)
	var errs refusal.Errors
	if checkText(&errs, "reason", "The reason", reason); len(errs) > 0 {
		return nil, errs
	}
	var run *ent.ImportRun
	err = i.DB.Do(ctx, "cancelImport", func(ctx context.Context) error {
		run, err = i.cancel(ctx, v, id, reason)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cancel import: %w", err)
	}
	return run, nil
}

func (i *Importer) cancel(ctx context.Context, v viewer.Viewer, id string, reason *string) (*ent.ImportRun, error) {
	runs := i.DB.Client().ImportRun
	at := i.now()
	update := runs.Update().
		Where(importrun.ID(id), importrun.StatusIn(definition.ImportPending, definition.ImportProcessing)).
		SetStatus(definition.ImportCanceled).
		SetProcessedAt(at).
		SetCancelRequestedAt(at).
		SetNillableCancelReason(reason)
	if v.UserID != "" {
		update.SetCanceledByID(v.UserID)
	}
	changed, err := update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("set status: %w", err)
	}
	run, err := i.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if changed == 0 {
		return nil, refusal.New(refusal.InvalidTransition, refusal.Input("id"),
			"This import has ended (%s) and cannot be canceled.", run.Status)
	}
	worker := asWorker(ctx, run.OrganizationID)
	if _, err := i.DB.Client().ImportLease.Delete().Where(importlease.ID(id)).Exec(worker); err != nil {
		return nil, fmt.Errorf("delete lease: %w", err)
	}
	if err := i.tell(ctx, run.OrganizationID, run.ID, true); err != nil {
		return nil, err
	}
	return run, nil
}

// find is the viewer's import of this id, refused with NOT_FOUND where there is none.
func (i *Importer) find(ctx context.Context, id string) (*ent.ImportRun, error) {
	if !prefixid.Is(prefixid.Import, id) {
		return nil, refusal.New(refusal.NotFound, refusal.Input("id"), noImport)
	}
	run, err := i.DB.Client().ImportRun.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, refusal.New(refusal.NotFound, refusal.Input("id"), noImport)
	}
	if err != nil {
		return nil, fmt.Errorf("find import: %w", err)
	}
	return run, nil
}
