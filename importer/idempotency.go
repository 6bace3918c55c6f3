package importer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/refusal"
	"entrepot/viewer"
)

// once creates an import and its job, or finds the one that the same command with the same key has created. It runs in
// the command's transaction; prepare is called for a new import only.
//
// A unique violation would end the transaction on PostgreSQL, so the row is inserted unless its key is there, and then
// looked at: of any number of concurrent commands with one key, the first to commit decides. Only what is new then may
// be one too many (admit).
func (i *Importer) once(
	ctx context.Context, v viewer.Viewer, mutation, field string, key *string, hash string,
	prepare func(ctx context.Context) (*ent.ImportRunCreate, error),
) (*ent.ImportRun, error) {
	if key != nil {
		earlier, err := i.byKey(ctx, mutation, *key)
		if err != nil {
			return nil, err
		}
		if earlier != nil {
			return earlier, sameCommand(v, earlier, field, hash)
		}
	}
	create, err := prepare(ctx)
	if _, refused := refusal.From(err); refused && key != nil {
		// The same command may have gone ahead while this one waited for its turn, and be what stands in its way.
		earlier, findErr := i.byKey(ctx, mutation, *key)
		if findErr != nil {
			return nil, findErr
		}
		if earlier != nil {
			return earlier, sameCommand(v, earlier, field, hash)
		}
	}
	if err != nil {
		return nil, err
	}
	id, _ := create.Mutation().ID()
	if key == nil {
		err = create.Exec(ctx)
	} else {
		err = create.SetIdempotencyMutation(mutation).SetIdempotencyKey(*key).SetIdempotencyHash(hash).
			OnConflictColumns(importrun.FieldOrganizationID, importrun.FieldIdempotencyMutation,
				importrun.FieldIdempotencyKey).
			DoNothing().Exec(ctx)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("insert import: %w", err)
	}
	run, err := i.inserted(ctx, id, mutation, key)
	if err != nil {
		return nil, err
	}
	if run.ID != id {
		return run, sameCommand(v, run, field, hash)
	}
	if err := i.admit(ctx, run); err != nil {
		return nil, err
	}
	return run, i.tell(ctx, run.OrganizationID, run.ID, false)
}

// inserted reads the new row, or the one that had its key already.
func (i *Importer) inserted(ctx context.Context, id, mutation string, key *string) (*ent.ImportRun, error) {
	if key != nil {
		run, err := i.byKey(ctx, mutation, *key)
		if err == nil && run == nil {
			err = errors.New("the import of this key is gone")
		}
		return run, err
	}
	run, err := i.DB.Client().ImportRun.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read new import: %w", err)
	}
	return run, nil
}

// byKey is the import that a command with this key has created, nil where there is none.
func (i *Importer) byKey(ctx context.Context, mutation, key string) (*ent.ImportRun, error) {
	v, _ := viewer.FromContext(ctx)
	run, err := i.DB.Client().ImportRun.Query().Where(
		importrun.OrganizationID(v.OrganizationID),
		importrun.IdempotencyMutation(mutation),
		importrun.IdempotencyKey(key),
	).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find import by idempotency key: %w", err)
	}
	return run, nil
}

// sameCommand refuses a key that another input has used. The same input of a viewer in another group names a history
// that this viewer does not see.
func sameCommand(v viewer.Viewer, run *ent.ImportRun, field, hash string) error {
	switch {
	case run.IdempotencyHash == nil || *run.IdempotencyHash != hash:
		return refusal.New(refusal.IdempotencyKeyReused, refusal.Input("idempotencyKey"),
			"This idempotency key was used with another input: take a new one.")
	case run.GroupID != v.GroupID && field == "uploadHistoryId":
		return refusal.New(refusal.NotFound, refusal.Input(field), noHistory)
	case run.GroupID != v.GroupID:
		return refusal.New(refusal.NotFound, refusal.Input(field), noImport)
	}
	return nil
}
