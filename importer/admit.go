package importer

import (
	"context"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/refusal"
)

// queuedLock is the class of the locks on PostgreSQL under which waiting imports are counted; the other half is the hash
// of the organization's id.
const queuedLock = 0x71756575 // “queu”

// admit has a new import wait for its turn, in the open transaction that has inserted it. It refuses one more than may
// wait with LIMIT_REACHED.
//
// An import whose file is still being checked is not enqueued: the end of the check does that, so that nobody has to
// look again and again. Its place in line is by its id all the same.
func (i *Importer) admit(ctx context.Context, run *ent.ImportRun) error {
	checked := run.FileSize != nil // as found out by a check that has ended
	if !checked {
		var err error
		if checked, err = i.hasBeenChecked(ctx, run.UploadHistoryID); err != nil {
			return err
		}
	}
	if err := i.checkQueued(ctx, run.OrganizationID); err != nil || !checked {
		return err
	}
	if err := i.Queue.EnqueueImport(ctx, run.OrganizationID, run.ID); err != nil {
		return fmt.Errorf("enqueue import: %w", err)
	}
	return nil
}

// hasBeenChecked tells whether the check of an upload has ended. Where it has not, its end waits for this transaction
// and then finds the import.
func (i *Importer) hasBeenChecked(ctx context.Context, historyID int64) (bool, error) {
	if err := i.DB.Share(ctx, reviewuploadhistory.Table, historyID); err != nil {
		return false, err
	}
	checking, err := i.DB.Client().ReviewUploadHistory.Query().Where(
		reviewuploadhistory.ID(historyID),
		reviewuploadhistory.StatusIn(definition.UploadNotyet, definition.UploadProcessing),
	).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look at the upload's check: %w", err)
	}
	return !checking, nil
}

// checkQueued refuses what is more than may wait. Commands of one organization take turns from here to their commit, so
// that no two of them take the last place.
func (i *Importer) checkQueued(ctx context.Context, organizationID string) error {
	if i.DB.Dialect() == dialect.Postgres {
		lock := fmt.Sprintf("SELECT pg_advisory_xact_lock(%d, hashtext($1))", queuedLock)
		if _, err := i.DB.ExecContext(ctx, lock, organizationID); err != nil {
			return fmt.Errorf("lock the organization's imports: %w", err)
		}
	}
	waiting, err := i.DB.Client().ImportRun.Query().Where(
		importrun.OrganizationID(organizationID), importrun.StatusEQ(definition.ImportPending)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count waiting imports: %w", err)
	}
	if waiting <= i.Limits.QueuedImports {
		return nil
	}
	return refusal.Errors{{
		Code: refusal.LimitReached,
		Message: fmt.Sprintf("%d imports of the organization are waiting already, which is the most: "+
			"wait until some have begun, or cancel some.", waiting-1),
		Params: []definition.Param{{Name: "limit", Value: strconv.Itoa(i.Limits.QueuedImports)}},
	}}
}
