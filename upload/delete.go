package upload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
	"entrepot/refusal"
	"entrepot/viewer"
)

// reasonErased is why a check has failed that could not be made any more.
const reasonErased = "The file was erased before its check had ended."

// Delete erases the file of a history of the viewer's group, by a COLLECTOR, and keeps the history with the time of it.
// With the file goes what was kept of its cells: samples in the detected columns, row errors of the check and of the
// file's imports, the rows that these set aside, and their logs. Results stay. All of that is one transaction, with the
// durable job that deletes the objects; nobody is given them from then on. A check that has not ended becomes FAILURE.
//
// The path stays the record's: storing it again answers with the erased one. Deleting again answers with the record as it
// is. Refusals: FORBIDDEN, GROUP_REQUIRED, NOT_FOUND, and IN_USE while an import reads the file or waits to.
func (u *Uploads) Delete(ctx context.Context, id string) (*ent.ReviewUploadHistory, error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleCollector, true); err != nil {
		return nil, err
	}
	var deleted *ent.ReviewUploadHistory
	err := u.db.Do(ctx, "deleteUploadHistory", func(ctx context.Context) error {
		h, err := u.hold(ctx, id)
		if err != nil {
			return err
		}
		if err := u.delete(ctx, h); err != nil {
			return err
		}
		deleted, err = u.find(ctx, h.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("delete upload history: %w", err)
	}
	return deleted, nil
}

// hold is the history of this global id that the viewer may read, which nobody else changes or begins to import until
// the transaction ends.
func (u *Uploads) hold(ctx context.Context, id string) (*ent.ReviewUploadHistory, error) {
	missing := refusal.New(refusal.NotFound, refusal.Input("id"), "There is no upload history with this id.")
	number, ok := prefixid.Number(prefixid.UploadHistory, strings.TrimSpace(id))
	if !ok {
		return nil, missing
	}
	if err := u.db.Hold(ctx, reviewuploadhistory.Table, number); err != nil {
		return nil, err
	}
	h, err := u.db.Client().ReviewUploadHistory.Query().Where(reviewuploadhistory.ID(number)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing
	}
	return h, err
}

// delete erases the file of a history that the transaction holds, unless it is erased already.
func (u *Uploads) delete(ctx context.Context, h *ent.ReviewUploadHistory) error {
	if h.DeletedAt != nil {
		return nil
	}
	reader, err := u.reader(ctx, h)
	if err != nil {
		return err
	}
	if reader != nil {
		return refusal.Errors{{
			Code: refusal.InUse, Field: refusal.Input("id"),
			Message: fmt.Sprintf("Import %s reads this file, or waits to: wait for its end, or cancel it.", reader.ID),
			Params:  []definition.Param{{Name: "importId", Value: reader.ID}},
		}}
	}
	return u.erase(asWorker(ctx, h.OrganizationID), h)
}

// reader is an import that has not ended and reads the file: one of it, or one that corrects such a one, or corrects a
// correction of it, and so on. nil where there is none.
func (u *Uploads) reader(ctx context.Context, h *ent.ReviewUploadHistory) (*ent.ImportRun, error) {
	runs := u.db.Client().ImportRun
	active, err := runs.Query().Where(
		importrun.OrganizationID(h.OrganizationID),
		importrun.StatusIn(definition.ImportPending, definition.ImportProcessing),
		importrun.Or(importrun.UploadHistoryID(h.ID), importrun.CorrectionOfIDNotNil()),
	).Order(importrun.ByCreatedAt(), importrun.ByID()).
		Select(importrun.FieldID, importrun.FieldUploadHistoryID, importrun.FieldCorrectionOfID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for imports of the file: %w", err)
	}
	for _, run := range active {
		for at := run; ; {
			if at.UploadHistoryID == h.ID {
				return run, nil
			}
			if at.CorrectionOfID == nil {
				break
			}
			if at, err = runs.Get(ctx, *at.CorrectionOfID); err != nil {
				return nil, fmt.Errorf("read corrected import: %w", err)
			}
		}
	}
	return nil, nil
}

// erase is what Delete and the sweep do to a history in the open transaction, as a worker.
func (u *Uploads) erase(ctx context.Context, h *ent.ReviewUploadHistory) error {
	at := u.moment()
	update := u.db.Client().ReviewUploadHistory.Update().
		Where(reviewuploadhistory.ID(h.ID), reviewuploadhistory.DeletedAtIsNil()).
		SetDeletedAt(at).SetErrorsErasedAt(at)
	if h.Status == definition.UploadNotyet || h.Status == definition.UploadProcessing {
		update.SetStatus(definition.UploadFailure)
		if h.ErrorReason == nil {
			update.SetErrorReason(reasonErased)
		}
	}
	if len(h.Columns) > 0 {
		columns := slices.Clone(h.Columns)
		for i := range columns {
			columns[i].Samples = nil
		}
		update.SetColumns(columns)
	}
	if err := u.saveHeld(ctx, h, update); err != nil {
		return err
	}
	runs, err := u.db.Client().ImportRun.Query().
		Where(importrun.OrganizationID(h.OrganizationID), importrun.UploadHistoryID(h.ID)).All(ctx)
	if err != nil {
		return err
	}
	var keys []string
	// An attempt that failed in the client has no file of its own: what lies at its path is that of the record that has it.
	// Rows that an import set aside are the import's, whoever recorded their path.
	key, own := u.ownKey(h.OrganizationID, h.GroupID, h.GcsPath)
	if own && h.UniquePath != nil && !leftover.MatchString(key) {
		keys = append(keys, key)
	}
	for _, run := range runs {
		key, err := u.forgetRows(ctx, run, at)
		if err != nil {
			return err
		}
		if key != "" {
			keys = append(keys, key)
		}
	}
	if err := u.enqueueErase(ctx, h.OrganizationID, keys); err != nil {
		return err
	}
	return u.publish(ctx, h.OrganizationID, h.ID, true)
}
