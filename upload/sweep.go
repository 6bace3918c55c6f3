package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/organizationsweep"
	"entrepot/viewer"
)

const (
	// sweepEvery is how often an organization is looked through for what is to be erased.
	sweepEvery = 6 * time.Hour
	// sweepBatch bounds how much of one kind is done for an organization before it is another one's turn.
	sweepBatch = 100
	// strayAfter is how old an object is that is erased because nobody asks for it.
	strayAfter = 24 * time.Hour
)

// Sweep looks through one organization whose time has come, and erases a bounded part of what is due: what Retention
// does not keep any longer, files that were uploaded under a URL of ours and not recorded within a day, and what is left
// of set-aside rows that no import shows. It tells whether it found an organization; whoever calls it asks again then.
// What could not be done, which the error says, is tried the next time.
//
// It may be called by any number of processes: each organization is taken by one of them. What the database does not know
// is never erased.
func (u *Uploads) Sweep(ctx context.Context) (found bool, err error) {
	organizationID, err := u.takeSweep(ctx)
	if err != nil {
		return false, fmt.Errorf("look for organizations to sweep: %w", err)
	}
	if organizationID == "" {
		return false, nil
	}
	more, err := u.sweep(asWorker(ctx, organizationID), organizationID)
	if err == nil && more {
		err = u.sweepAgain(ctx, organizationID)
	}
	if err != nil {
		return true, fmt.Errorf("sweep %s: %w", organizationID, err)
	}
	return true, nil
}

// takeSweep is an organization whose time has come, which nobody else is given until the next one; empty where there is
// none.
func (u *Uploads) takeSweep(ctx context.Context) (taken string, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("sweeps"))
	now := u.moment()
	sweeps := u.db.Client().OrganizationSweep
	var due []*ent.OrganizationSweep
	if err := u.db.Read(ctx, func(ctx context.Context) (err error) {
		due, err = sweeps.Query().Where(organizationsweep.DueAtLTE(now)).
			Order(organizationsweep.ByDueAt(), organizationsweep.ByID()).Limit(10).All(ctx)
		return err
	}); err != nil {
		return "", err
	}
	for _, one := range due {
		err := u.db.Do(ctx, "takeSweep", func(ctx context.Context) error {
			changed, err := sweeps.Update().Where(organizationsweep.ID(one.ID), organizationsweep.DueAtLTE(now)).
				SetDueAt(now.Add(sweepEvery)).Save(ctx)
			if changed == 1 {
				taken = one.ID
			}
			return err
		})
		if err != nil || taken != "" {
			return taken, err
		}
	}
	return "", nil
}

// sweepAgain has an organization's turn come again, after the others that are due.
func (u *Uploads) sweepAgain(ctx context.Context, organizationID string) error {
	ctx = viewer.NewContext(ctx, viewer.System("sweeps"))
	return u.db.Do(ctx, "sweepAgain", func(ctx context.Context) error {
		return u.db.Client().OrganizationSweep.Update().Where(organizationsweep.ID(organizationID)).
			SetDueAt(u.moment()).Exec(ctx)
	})
}

// swept is what one sweep of an organization has erased.
type swept struct{ files, rowErrors, results, unclaimed, leftovers int }

// sweep does its parts each for itself, so that a bucket that is away keeps none but its own from being done. It tells
// whether there is more to do at once.
func (u *Uploads) sweep(ctx context.Context, organizationID string) (more bool, err error) {
	var groups []string
	if err := u.db.Read(ctx, func(ctx context.Context) (err error) {
		groups, err = u.db.Client().Group.Query().Where(group.OrganizationID(organizationID)).
			Order(group.ByID()).IDs(ctx)
		return err
	}); err != nil {
		return false, err
	}
	var done swept
	var problems []error
	part := func(count *int, f func() (int, error)) {
		n, err := f()
		*count += n
		more = more || n >= sweepBatch
		if err != nil {
			problems = append(problems, err)
		}
	}
	for _, g := range groups {
		part(&done.files, func() (int, error) { return u.expireFiles(ctx, organizationID, g) })
		part(&done.rowErrors, func() (int, error) { return u.expireCheckErrors(ctx, organizationID, g) })
		part(&done.leftovers, func() (int, error) { return u.sweepLeftovers(ctx, organizationID, g) })
	}
	part(&done.rowErrors, func() (int, error) { return u.expireRowErrors(ctx, organizationID) })
	part(&done.results, func() (int, error) { return u.expireResults(ctx, organizationID) })
	part(&done.unclaimed, func() (int, error) { return u.sweepUnclaimed(ctx, organizationID) })
	if done != (swept{}) {
		u.log.InfoContext(ctx, "erased what is not kept any longer", "organization", organizationID,
			"files", done.files, "row_errors_of", done.rowErrors, "results_of", done.results,
			"unclaimed_uploads", done.unclaimed, "leftovers", done.leftovers)
	}
	return more, errors.Join(problems...)
}

// each does one thing after another and counts those that it has done.
func each[T any](all []T, do func(T) (done bool, err error)) (n int, err error) {
	for _, one := range all {
		done, err := do(one)
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}
