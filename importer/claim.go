package importer

import (
	"context"
	"fmt"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlease"
	"entrepot/ent/importrun"
	"entrepot/ent/predicate"
)

// attempt is one try to run an import: what it needs to know, and what it has counted so far.
type attempt struct {
	*Importer
	run     *ent.ImportRun // as claimed
	history *ent.ReviewUploadHistory
	version definition.Version
	// chain is what a correction goes back to, the oldest first; empty for other imports.
	chain []link
	// sample is what a preview reads and keeps; nil for an import.
	sample *sample
	tally  tally
}

// link is an earlier import that a correction goes back to, and the record of its file.
type link struct {
	run     *ent.ImportRun
	history *ent.ReviewUploadHistory
}

// earlier is the import that this one corrects; nil where it corrects none.
func (a *attempt) earlier() *ent.ImportRun {
	if len(a.chain) == 0 {
		return nil
	}
	return a.chain[len(a.chain)-1].run
}

// mine narrows an update to the run while this attempt has it: a canceled import, or one that another worker took
// over, is not changed.
func (a *attempt) mine() *ent.ImportRunUpdate {
	return a.DB.Client().ImportRun.Update().Where(a.held())
}

// has tells whether this attempt has the run now.
func (a *attempt) has(ctx context.Context) (bool, error) {
	has, err := a.DB.Client().ImportRun.Query().Where(a.held()).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("read status: %w", err)
	}
	return has, nil
}

func (a *attempt) held() predicate.ImportRun {
	return importrun.And(
		importrun.ID(a.run.ID),
		importrun.Attempt(a.run.Attempt),
		importrun.StatusEQ(definition.ImportProcessing),
	)
}

// claim makes a PENDING import PROCESSING for this worker and takes what the upload's check found out. It reports false
// when the import is not PENDING any more.
func (a *attempt) claim(ctx context.Context) (claimed bool, err error) {
	err = a.DB.Do(ctx, "claimImport", func(ctx context.Context) error {
		at := a.now()
		update := a.DB.Client().ImportRun.Update().
			Where(importrun.ID(a.run.ID), importrun.Attempt(a.run.Attempt), importrun.StatusEQ(definition.ImportPending)).
			SetStatus(definition.ImportProcessing).
			SetAttempt(a.run.Attempt + 1).
			SetProcessedRowCount(0).SetAcceptedRowCount(0).SetRejectedRowCount(0).SetBlankRowCount(0).
			SetNillableFileSize(a.history.FileSize).
			SetNillableSha256(a.history.Sha256).
			SetNillableSourceGeneration(a.history.Generation).
			SetNillableRowCount(expectedRows(a.history, a.earlier())).
			ClearColumnMapping().ClearWarnings()
		if a.run.StartedAt == nil {
			update.SetStartedAt(at)
		}
		changed, err := update.Save(ctx)
		if err != nil || changed == 0 {
			return err
		}
		lease := a.DB.Client().ImportLease.Create().
			SetID(a.run.ID).
			SetOrganizationID(a.run.OrganizationID).
			SetAttempt(a.run.Attempt + 1).
			SetWorker(a.Worker).
			SetExpiresAt(at.Add(a.Lease))
		if err := lease.OnConflictColumns(importlease.FieldID).UpdateNewValues().Exec(ctx); err != nil {
			return fmt.Errorf("take lease: %w", err)
		}
		run, err := a.DB.Client().ImportRun.Get(ctx, a.run.ID)
		if err != nil {
			return fmt.Errorf("read claimed import: %w", err)
		}
		a.run, claimed = run, true
		return a.tell(ctx, run.OrganizationID, run.ID, false)
	})
	if err != nil {
		return false, fmt.Errorf("claim import: %w", err)
	}
	return claimed, nil
}

// handBackTime is how long a stopping worker tries to hand its import back; after that the lease's expiry does.
const handBackTime = 5 * time.Second

// handBack makes the import PENDING again, with its lease gone, although ctx has ended.
func (a *attempt) handBack(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), handBackTime)
	defer stop()
	err := a.DB.Do(ctx, "handBackImport", func(ctx context.Context) error {
		changed, err := a.mine().SetStatus(definition.ImportPending).Save(ctx)
		if err != nil || changed == 0 {
			return err
		}
		if err := a.dropLease(ctx); err != nil {
			return err
		}
		return a.tell(ctx, a.run.OrganizationID, a.run.ID, false)
	})
	if err != nil {
		return fmt.Errorf("hand import back: %w", err)
	}
	return nil
}

func (a *attempt) dropLease(ctx context.Context) error {
	_, err := a.DB.Client().ImportLease.Delete().
		Where(importlease.ID(a.run.ID), importlease.Attempt(a.run.Attempt)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("drop lease: %w", err)
	}
	return nil
}
