package importer

import (
	"context"
	"fmt"
	"slices"

	"entrepot/definition"
	"entrepot/ent/importrun"
)

// supersede makes this import, in the open transaction, the successor of the one that it corrects, and of those that
// go before without one: each of them failed to be corrected until now. It fails with a *failureError where another
// import has become the successor meanwhile.
func (a *attempt) supersede(ctx context.Context) error {
	runs := a.DB.Client().ImportRun
	for at, link := range a.chain {
		changed, err := runs.Update().
			Where(importrun.ID(link.run.ID), importrun.SupersededByIDIsNil(), importrun.StatusEQ(link.run.Status)).
			SetSupersededByID(a.run.ID).Save(ctx)
		if err != nil {
			return fmt.Errorf("supersede import: %w", err)
		}
		if changed > 0 {
			if err := a.tell(ctx, link.run.OrganizationID, link.run.ID, true); err != nil {
				return err
			}
			continue
		}
		now, err := runs.Get(ctx, link.run.ID)
		if err != nil {
			return fmt.Errorf("read corrected import: %w", err)
		}
		next := a.run.ID
		if at+1 < len(a.chain) {
			next = a.chain[at+1].run.ID
		}
		line, err := a.retryLine(ctx, next)
		if err != nil {
			return err
		}
		if now.SupersededByID == nil || !slices.Contains(line, *now.SupersededByID) {
			return corrected(link.run.ID, now.SupersededByID)
		}
	}
	return nil
}

// corrected is the failure of a correction that comes too late.
func corrected(id string, by *string) *failureError {
	params := []definition.Param{{Name: "importId", Value: id}}
	other := "another import"
	if by != nil {
		other = "import " + *by
		params = append(params, definition.Param{Name: "supersededBy", Value: *by})
	}
	return fail(definition.ErrorConstraintViolation, params,
		"import %s was corrected by %s while this one ran; correct that one, if anything is left", id, other)
}
