package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
)

// checkWait is when to ask again whether an upload's check has ended; the check's end does not wait for it.
const checkWait = 2 * time.Second

// Run runs one import, if it is PENDING: from its file to its final status. Called for any other it does nothing, so
// that jobs may be repeated.
//
// A *RetryError says that the import stays PENDING: its upload is still being checked, or ctx ended (the worker
// stops) and the import was handed back. Another error is the database's: nothing is half-written, and the job is to
// be tried again. Whatever else goes wrong makes the import FAILED, and Run returns nil.
func (i *Importer) Run(ctx context.Context, organizationID, importID string) error {
	ctx = asWorker(ctx, organizationID)
	a, err := i.load(ctx, importID)
	if err != nil {
		return fmt.Errorf("load import %s: %w", importID, err)
	}
	if a == nil {
		return nil
	}
	switch a.history.Status {
	case definition.UploadNotyet, definition.UploadProcessing:
		return &RetryError{After: checkWait, reason: "its upload is being checked"}
	case definition.UploadFailure:
		if err := a.refuse(ctx); err != nil {
			return fmt.Errorf("refuse import %s: %w", importID, err)
		}
		return nil
	}
	claimed, err := a.claim(ctx)
	if err != nil {
		return err
	}
	if !claimed {
		return nil
	}
	if err := a.execute(ctx); err != nil {
		return fmt.Errorf("run import %s: %w", importID, err)
	}
	return nil
}

// load reads what a run needs; nil when there is nothing to run.
func (i *Importer) load(ctx context.Context, id string) (*attempt, error) {
	var a *attempt
	err := i.DB.Read(ctx, func(ctx context.Context) error {
		client := i.DB.Client()
		run, err := client.ImportRun.Query().
			Where(importrun.ID(id), importrun.StatusEQ(definition.ImportPending)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		history, err := client.ReviewUploadHistory.Get(ctx, run.UploadHistoryID)
		if err != nil {
			return err
		}
		version, err := client.ImportDefinitionVersion.Get(ctx, run.DefinitionVersionID)
		if err != nil {
			return err
		}
		a = &attempt{Importer: i, run: run, history: history, version: definition.Version{
			Columns:       version.InputSchema,
			Outputs:       version.OutputSchema,
			Code:          codeOf(version),
			Format:        run.Format,
			OnInvalidRow:  run.OnInvalidRow,
			OnUnknownSite: version.OnUnknownSite,
		}}
		return a.loadChain(ctx)
	})
	return a, err
}

// loadChain reads what a correction goes back to.
func (a *attempt) loadChain(ctx context.Context) error {
	if a.run.CorrectionOfID == nil {
		return nil
	}
	client := a.DB.Client()
	earlier, err := client.ImportRun.Get(ctx, *a.run.CorrectionOfID)
	if err != nil {
		return fmt.Errorf("read corrected import: %w", err)
	}
	chain, err := a.Importer.chain(ctx, earlier)
	if err != nil {
		return err
	}
	for _, run := range chain {
		history, err := client.ReviewUploadHistory.Get(ctx, run.UploadHistoryID)
		if err != nil {
			return fmt.Errorf("read upload of corrected import: %w", err)
		}
		a.chain = append(a.chain, link{run, history})
	}
	return nil
}

// execute runs a claimed import and settles what becomes of it.
func (a *attempt) execute(ctx context.Context) error {
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	end := a.watch(work, stop)
	result, err := a.compute(work)
	end()
	if err == nil {
		err = work.Err()
	}
	if err == nil {
		err = a.finish(work, result)
	}
	if err == nil {
		return nil
	}
	a.discard(ctx, result)
	switch {
	case errors.Is(err, errLost) || errors.Is(context.Cause(work), errLost):
		return nil
	case ctx.Err() != nil:
		if err := a.handBack(ctx); err != nil {
			return err
		}
		return &RetryError{reason: "its worker stops"}
	}
	// The queue tries again. Where not even this can be written, the lease expires and Recover hands it back.
	return errors.Join(err, a.handBack(ctx))
}

// finish writes the outcome. A result that the database refuses makes it a failure that names the result; what else the
// database says is returned when it may say otherwise later, and is the import's INTERNAL failure when not.
func (a *attempt) finish(ctx context.Context, result *outcome) error {
	if !result.showsRejected() {
		a.discard(ctx, result)
	} else if err := result.keepRejected(); err != nil {
		a.Logger.ErrorContext(ctx, "rejected rows could not be written", "import_id", a.run.ID, "error", err)
		return a.settle(ctx, result, unwritable())
	}
	err := a.write(ctx, result)
	if err == nil || errors.Is(err, errLost) || ctx.Err() != nil || database.Unavailable(err) {
		return err
	}
	var late *failureError
	if errors.As(err, &late) {
		return a.settle(ctx, result, late)
	}
	if refused, ok := database.AsConstraint(err); ok && result.failure == nil {
		failure, findErr := a.findRefused(ctx, result.results, refused)
		if findErr != nil {
			return findErr
		}
		a.Logger.ErrorContext(ctx, "the database refused a result", "import_id", a.run.ID, "error", err)
		return a.settle(ctx, result, failure)
	}
	result.log, result.lines = nil, nil // what cannot be written may be among them
	return a.settle(ctx, result, a.internal(ctx, err))
}

// settle writes a failure instead of an outcome that cannot be written.
func (a *attempt) settle(ctx context.Context, result *outcome, failure *failureError) error {
	result.fail(failure)
	a.discard(ctx, result)
	return a.write(ctx, result)
}

// discard drops the set-aside rows of an outcome that does not show them.
func (a *attempt) discard(ctx context.Context, result *outcome) {
	result.rejectedKey = nil
	if err := result.rejected.discard(ctx); err != nil {
		a.Logger.WarnContext(ctx, "rejected rows were left behind", "import_id", a.run.ID, "error", err)
	}
}
