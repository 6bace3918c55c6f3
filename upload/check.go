package upload

import (
	"context"
	"fmt"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
)

const (
	// maxTries is how often the file is read before a bucket that gives errors fails the check: 15 seconds in all.
	maxTries   = 5
	firstRetry = time.Second

	reasonStorage = "The storage could not be reached after several tries, which says nothing about the file; " +
		"upload it again later."
)

// Check is the background job: it takes a history from NOTYET over PROCESSING to SUCCESS or FAILURE, with what it
// found in the file and the rows that cannot be read. A history with a reason of the client's goes to FAILURE without
// looking. The transaction that ends it enqueues the imports that wait for it.
//
// It may be called any number of times, at once too, and goes on where a killed one left off; a history that is
// checked, or that the organization does not have, is nothing to do. A *RetryError means that the bucket could not be
// read now.
func (u *Uploads) Check(ctx context.Context, organizationID string, historyID int64) error {
	ctx = asWorker(ctx, organizationID)
	h, err := u.claim(ctx, historyID)
	if err != nil {
		return fmt.Errorf("begin upload check: %w", err)
	}
	if h == nil {
		u.forget(historyID)
		return nil
	}
	found, err := u.examine(ctx, h)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("check upload: %w", context.Cause(ctx))
		}
		if after, again := u.retry(historyID); again {
			return &RetryError{After: after, Err: fmt.Errorf("check upload: %w", err)}
		}
		u.log.ErrorContext(ctx, "uploaded file could not be read from the bucket",
			"upload_history", prefixid.FromNumber(prefixid.UploadHistory, historyID), "organization", organizationID,
			"tries", maxTries, "error", err)
		found = finding{reason: reasonStorage}
	}
	if found.reason == "" {
		if err := u.warnOfDuplicate(ctx, h, &found); err != nil {
			return fmt.Errorf("check upload: %w", err)
		}
	}
	if err := u.end(ctx, h, found); err != nil {
		return fmt.Errorf("end upload check: %w", err)
	}
	u.forget(historyID)
	return nil
}

// claim gives the history whose file is to be read, PROCESSING by then, or nil when nothing is to be done any more.
func (u *Uploads) claim(ctx context.Context, historyID int64) (*ent.ReviewUploadHistory, error) {
	var claimed *ent.ReviewUploadHistory
	err := u.db.Do(ctx, "beginUploadCheck", func(ctx context.Context) error {
		h, err := u.db.Client().ReviewUploadHistory.Get(ctx, historyID)
		switch {
		case ent.IsNotFound(err):
			return nil
		case err != nil:
			return err
		case h.Status == definition.UploadNotyet && h.UniquePath == nil: // the client's reason
			return u.fail(ctx, h)
		case h.Status == definition.UploadNotyet:
			changed, err := u.move(h, definition.UploadNotyet, definition.UploadProcessing).Save(ctx)
			if err != nil || changed == 0 {
				return err
			}
			h.Revision++ // as its trigger does
			if err := u.publish(ctx, h.OrganizationID, h.ID, false); err != nil {
				return err
			}
		case h.Status != definition.UploadProcessing:
			return nil
		}
		claimed = h
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// fail ends the check of an upload that failed in the client. Its reason stays, and nobody has validated it.
func (u *Uploads) fail(ctx context.Context, h *ent.ReviewUploadHistory) error {
	changed, err := u.move(h, definition.UploadNotyet, definition.UploadFailure).Save(ctx)
	if err != nil || changed == 0 {
		return err
	}
	return u.tell(ctx, h)
}

// end writes what was found, unless another check has ended the history meanwhile, or it was erased.
func (u *Uploads) end(ctx context.Context, h *ent.ReviewUploadHistory, found finding) error {
	return u.db.Do(ctx, "endUploadCheck", func(ctx context.Context) error {
		status := definition.UploadSuccess
		if found.reason != "" {
			status = definition.UploadFailure
		}
		update := u.move(h, definition.UploadProcessing, status).
			SetValidatedAt(u.moment()).
			SetNillableGeneration(found.generation).SetNillableFileSize(found.size).
			SetNillableSha256(found.sha256).SetNillableRowCount(found.rows)
		if found.reason != "" {
			update.SetErrorReason(cut(found.reason, maxErrorReason))
		}
		if found.format != nil {
			update.SetDetectedFormat(found.format).SetColumns(found.columns).SetWarnings(found.warnings)
		}
		changed, err := update.Save(ctx)
		if err != nil || changed == 0 {
			return err
		}
		if err := u.keepErrors(ctx, h, found.errors); err != nil {
			return err
		}
		return u.tell(ctx, h)
	})
}

// move is a change of status that happens only where the history still has the one that is expected, and has not
// changed since it was read: a check that was overtaken by another one writes nothing.
func (u *Uploads) move(h *ent.ReviewUploadHistory, from, to definition.UploadStatus) *ent.ReviewUploadHistoryUpdate {
	return u.db.Client().ReviewUploadHistory.Update().
		Where(reviewuploadhistory.ID(h.ID), reviewuploadhistory.StatusEQ(from), reviewuploadhistory.Revision(h.Revision)).
		SetStatus(to)
}

// keepErrors replaces the history's row errors.
func (u *Uploads) keepErrors(ctx context.Context, h *ent.ReviewUploadHistory, rowErrors []definition.RowError) error {
	if err := u.dropErrors(ctx, h); err != nil {
		return err
	}
	table := u.db.Client().ImportRowError
	const perStatement = 500 // of 13 parameters each; SQLite takes 32,766
	for start := 0; start < len(rowErrors); start += perStatement {
		var rows []*ent.ImportRowErrorCreate
		for i, e := range rowErrors[start:min(start+perStatement, len(rowErrors))] {
			row := table.Create().
				SetOrganizationID(h.OrganizationID).SetUploadHistoryID(h.ID).SetGroupID(h.GroupID).
				SetPosition(start + i).SetRow(e.Row).SetLine(e.Line).
				SetCode(e.Code).SetValue(e.Value).SetMessage(e.Message).SetParams(e.Params)
			if e.Column != "" {
				row.SetColumn(e.Column)
			}
			rows = append(rows, row)
		}
		if err := table.CreateBulk(rows...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// tell enqueues the imports that wait for the check, and publishes the history's change after the commit.
func (u *Uploads) tell(ctx context.Context, h *ent.ReviewUploadHistory) error {
	waiting, err := u.db.Client().ImportRun.Query().
		Where(importrun.UploadHistoryID(h.ID), importrun.StatusEQ(definition.ImportPending)).
		Order(ent.Asc(importrun.FieldCreatedAt, importrun.FieldID)).
		IDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := u.queue.EnqueueImport(ctx, h.OrganizationID, id); err != nil {
			return fmt.Errorf("enqueue import: %w", err)
		}
	}
	return u.publish(ctx, h.OrganizationID, h.ID, true)
}

// retry counts a failure of the bucket, and says when to try again or that it was the last time.
func (u *Uploads) retry(historyID int64) (after time.Duration, again bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tries[historyID]++
	tries := u.tries[historyID]
	return firstRetry << (tries - 1), tries < maxTries
}

func (u *Uploads) forget(historyID int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.tries, historyID)
}

// cut is the beginning of a text, in code points.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
