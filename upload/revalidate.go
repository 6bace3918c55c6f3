package upload

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrowerror"
	"entrepot/refusal"
	"entrepot/viewer"
)

// RevalidateInput says which history is checked again, and how its file is to be read.
type RevalidateInput struct {
	// ID is the history's global id.
	ID string
	// Format is how the file is written, as far as it is to be said; what is empty is found out. nil keeps what was said
	// before.
	Format *definition.Format
}

// Revalidate has the check of a history of the viewer's group made again, by a COLLECTOR: it becomes NOTYET, what was
// found out before is forgotten, and the job is enqueued in the same transaction. The format stays with the history, and
// imports that begin later read the file by it where they do not say otherwise. Imports that run go on; those that wait,
// wait for this check.
//
// While the check is being made, asking for the same again answers with the record as it is. Refusals: FORBIDDEN,
// GROUP_REQUIRED, INVALID_INPUT, NOT_FOUND; UPLOAD_FAILED where the upload failed in the client, since there is no file;
// INVALID_TRANSITION where the file was erased, and where it is just being read by another format.
func (u *Uploads) Revalidate(ctx context.Context, in RevalidateInput) (*ent.ReviewUploadHistory, error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleCollector, true); err != nil {
		return nil, err
	}
	in, wrong := in.normalize()
	if err := wrong.OrNil(); err != nil {
		return nil, err
	}
	var again *ent.ReviewUploadHistory
	err := u.db.Do(ctx, "revalidateUploadHistory", func(ctx context.Context) error {
		h, err := u.hold(ctx, in.ID)
		if err != nil {
			return err
		}
		if err := u.revalidate(ctx, h, in); err != nil {
			return err
		}
		again, err = u.find(ctx, h.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("revalidate upload history: %w", err)
	}
	return again, nil
}

// normalize gives the format as it is stored, and everything that is wrong with it.
func (in RevalidateInput) normalize() (RevalidateInput, refusal.Errors) {
	var wrong refusal.Errors
	if in.Format == nil {
		return in, nil
	}
	format := definition.Version{Format: *in.Format}.Normalize().Format
	in.Format = &format
	for _, p := range format.Check() {
		wrong = append(wrong, refusal.Error{
			Code: refusal.InvalidInput, Field: refusal.Input(p.Path...), Message: p.Message, Params: p.Params,
		})
	}
	return in, wrong
}

// revalidate moves a history that the transaction holds.
func (u *Uploads) revalidate(ctx context.Context, h *ent.ReviewUploadHistory, in RevalidateInput) error {
	said, same := h.Format, true
	if in.Format != nil {
		if said = in.Format; reflect.ValueOf(*said).IsZero() {
			said = nil
		}
		same = reflect.DeepEqual(said, h.Format)
	}
	refuse := func(code refusal.Code, format string, args ...any) error {
		return refusal.New(code, refusal.Input("id"), format, args...)
	}
	switch {
	case h.DeletedAt != nil:
		return refuse(refusal.InvalidTransition, "This file was erased on %s; upload it again.", day(*h.DeletedAt))
	case h.UniquePath == nil:
		return refuse(refusal.UploadFailed,
			"This upload failed before it was recorded, so there is no file to check; upload it again.")
	case h.Status == definition.UploadNotyet && same:
		return nil
	case h.Status == definition.UploadProcessing && same:
		return nil
	case h.Status == definition.UploadProcessing:
		return refuse(refusal.InvalidTransition, "The file is just being read by another format; wait for the end of its check.")
	}
	fresh := h.Status != definition.UploadNotyet
	update := u.move(h, h.Status, definition.UploadNotyet).
		ClearErrorReason().ClearValidatedAt().ClearErrorsErasedAt().
		ClearGeneration().ClearFileSize().ClearSha256().ClearRowCount().
		ClearDetectedFormat().ClearColumns().ClearWarnings()
	if said == nil {
		update.ClearFormat()
	} else {
		update.SetFormat(said)
	}
	if err := u.saveHeld(ctx, h, update); err != nil {
		return err
	}
	if fresh {
		if err := u.queue.EnqueueCheck(ctx, h.OrganizationID, h.ID); err != nil {
			return fmt.Errorf("enqueue check: %w", err)
		}
	}
	return u.publish(ctx, h.OrganizationID, h.ID, false)
}

// saveHeld writes a change of a history whose row the transaction holds, and deletes what its check found wrong in its rows.
func (u *Uploads) saveHeld(ctx context.Context, h *ent.ReviewUploadHistory, update *ent.ReviewUploadHistoryUpdate) error {
	changed, err := update.Save(ctx)
	if err != nil {
		return err
	}
	if changed != 1 {
		return errors.New("the upload history is not as it was held")
	}
	return u.dropErrors(ctx, h)
}

// dropErrors deletes what the check of a history found wrong in its rows, which a part of the server alone may.
func (u *Uploads) dropErrors(ctx context.Context, h *ent.ReviewUploadHistory) error {
	ctx = asWorker(ctx, h.OrganizationID)
	_, err := u.db.Client().ImportRowError.Delete().
		Where(importrowerror.OrganizationID(h.OrganizationID), importrowerror.UploadHistoryID(h.ID)).Exec(ctx)
	return err
}
