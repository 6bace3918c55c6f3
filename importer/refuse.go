package importer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/tabular"
)

// refuse makes an import FAILED without running it, for the check of its upload has failed.
func (a *attempt) refuse(ctx context.Context) error {
	failure, err := a.whyUnusable(ctx)
	if err != nil {
		return err
	}
	return a.DB.Do(ctx, "refuseImport", func(ctx context.Context) error {
		changed, err := a.DB.Client().ImportRun.Update().
			Where(importrun.ID(a.run.ID), importrun.Attempt(a.run.Attempt), importrun.StatusEQ(definition.ImportPending)).
			SetStatus(definition.ImportFailed).
			SetProcessedAt(a.now()).
			SetErrorCode(failure.Code).SetError(failure.Sentence).SetErrorParams(failure.Params).
			Save(ctx)
		if err != nil || changed == 0 {
			return err
		}
		return a.tell(ctx, a.run.OrganizationID, a.run.ID, true)
	})
}

// whyUnusable finds the code for an upload whose check has failed. The history keeps a sentence only, so the file is
// asked what the check has asked it.
func (a *attempt) whyUnusable(ctx context.Context) (*failureError, error) {
	if a.history.ValidatedAt == nil { // the upload failed in the client
		return fileMissing(), nil
	}
	source, err := a.openSource(ctx, &ent.ImportRun{OrganizationID: a.run.OrganizationID, GroupID: a.run.GroupID},
		a.history.GcsPath)
	if err == nil {
		defer source.close()
		err = a.readThrough(source)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if failure := readFailure(err); failure != nil {
		return failure, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the file: %w", err)
	}
	reason := reasonOf(a.history)
	code := definition.ErrorFileUnreadable
	if a.history.FileSize == nil {
		code = definition.ErrorStorageUnavailable // the check has never seen the file
	}
	return fail(code, []definition.Param{{Name: "reason", Value: reason}}, "%s", lowerFirst(reason)), nil
}

func (a *attempt) readThrough(source io.Reader) error {
	table, err := tabular.Open(source, tabular.Config{Limits: tabular.LimitsOf(a.Limits), TempDir: a.TempDir})
	if err != nil {
		return err
	}
	defer table.Close()
	var b tabular.Batch
	for err == nil {
		err = table.NextBatch(&b)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
