package importer

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlease"
	"entrepot/ent/importrun"
	"entrepot/ent/predicate"
	"entrepot/viewer"
)

// maxCrashes is how many attempts of one import may die before nobody tries again: the import itself is the likely
// cause.
const maxCrashes = 3

// Recover takes imports from workers that died: those whose lease has expired, or all of them, for a start on SQLite,
// where no other process can be at work. Each becomes PENDING again with a new job, or FAILED with WORKER_CRASHED after
// the third attempt that died. It returns how many it took; an error leaves the others for the next call.
func (i *Importer) Recover(ctx context.Context, all bool) (int, error) {
	ctx = viewer.NewContext(ctx, viewer.System("leases"))
	var leases []*ent.ImportLease
	err := i.DB.Read(ctx, func(ctx context.Context) (err error) {
		query := i.DB.Client().ImportLease.Query()
		if !all {
			query.Where(importlease.ExpiresAtLTE(i.now()))
		}
		leases, err = query.Order(importlease.ByExpiresAt(), importlease.ByID()).All(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("recover imports: %w", err)
	}
	taken := 0
	var problems []error
	for _, lease := range leases {
		ok, err := i.recover(asWorker(ctx, lease.OrganizationID), lease, all)
		if err != nil {
			problems = append(problems, fmt.Errorf("recover import %s: %w", lease.ID, err))
		}
		if ok {
			taken++
		}
	}
	return taken, errors.Join(problems...)
}

// errAlive undoes a recovery: the worker has renewed its lease, or another process was first.
var errAlive = errors.New("the worker of the import lives")

// recover takes one import, unless its worker has shown meanwhile that it lives.
func (i *Importer) recover(ctx context.Context, lease *ent.ImportLease, all bool) (taken bool, err error) {
	err = i.DB.Do(ctx, "recoverImport", func(ctx context.Context) error {
		dead := []predicate.ImportLease{importlease.ID(lease.ID), importlease.Attempt(lease.Attempt)}
		if !all {
			dead = append(dead, importlease.ExpiresAtLTE(i.now()))
		}
		run, err := i.DB.Client().ImportRun.Get(ctx, lease.ID)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("read import: %w", err)
		}
		if err != nil {
			_, err := i.DB.Client().ImportLease.Delete().Where(dead...).Exec(ctx)
			return err
		}
		// The attempt's number does not tell: every claim raises it, also after an orderly hand-back, which is nobody's fault.
		crashes := run.CrashedAttempts + 1
		update := i.DB.Client().ImportRun.Update().Where(
			importrun.ID(run.ID), importrun.Attempt(lease.Attempt), importrun.StatusEQ(definition.ImportProcessing)).
			SetCrashedAttempts(crashes)
		if crashes < maxCrashes {
			update.SetStatus(definition.ImportPending)
		} else {
			update.SetStatus(definition.ImportFailed).SetProcessedAt(i.now()).
				SetErrorCode(definition.ErrorWorkerCrashed).
				SetErrorParams([]definition.Param{{Name: "attempts", Value: strconv.Itoa(crashes)}}).
				SetError(fmt.Sprintf("the worker of this import stopped without a word %d times; "+
					"the file may be too much for it", crashes))
		}
		// The import before its lease, as everybody takes the two, or a cancel at this moment would be a deadlock.
		changed, err := update.Save(ctx)
		if err != nil {
			return err
		}
		dropped, err := i.DB.Client().ImportLease.Delete().Where(dead...).Exec(ctx)
		switch {
		case err != nil:
			return err
		case changed == 0:
			return nil
		case dropped == 0:
			return errAlive
		}
		if err := i.tell(ctx, run.OrganizationID, run.ID, crashes >= maxCrashes); err != nil {
			return err
		}
		taken = true
		if crashes >= maxCrashes {
			return nil
		}
		return i.Queue.EnqueueImport(ctx, run.OrganizationID, run.ID)
	})
	if errors.Is(err, errAlive) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if taken {
		i.Logger.WarnContext(ctx, "the worker of an import died", "import_id", lease.ID, "worker", lease.Worker,
			"attempt", lease.Attempt)
	}
	return taken, nil
}
