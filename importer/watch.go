package importer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent/importlease"
	"entrepot/ent/importrun"
)

// errLost is why a run stops whose import was canceled, or taken over after its lease had expired.
var errLost = errors.New("the import is not this attempt's any more")

// beat is how often a run looks at its import: progress is written at most so often, and a cancel noticed so soon.
const beat = 250 * time.Millisecond

// counts is how far an attempt has got, in data rows; blank ones are counted apart.
type counts struct{ accepted, rejected, blank int64 }

func (c counts) processed() int64 { return c.accepted + c.rejected }

// tally is what an attempt shows while it runs. It is safe for concurrent use.
type tally struct {
	mu       sync.Mutex
	counts   counts
	mapping  []definition.ColumnMapping
	warnings []definition.Warning
	changed  bool
}

func (t *tally) add(c counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.accepted += c.accepted
	t.counts.rejected += c.rejected
	t.counts.blank += c.blank
	t.changed = true
}

// matched notes which header feeds which column, and what was odd about the file.
func (t *tally) matched(mapping []definition.ColumnMapping, warnings []definition.Warning) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mapping, t.changed = mapping, true
	t.warnings = append(t.warnings, warnings...)
}

// all gives what there is.
func (t *tally) all() (c counts, mapping []definition.ColumnMapping, warnings []definition.Warning) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts, t.mapping, t.warnings
}

// take gives what there is to show, and whether that is news since the last time.
func (t *tally) take() (c counts, mapping []definition.ColumnMapping, warnings []definition.Warning, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed, t.changed = t.changed, false
	return t.counts, t.mapping, t.warnings, changed
}

// watch shows progress, renews the lease and looks for a cancel until the returned function is called, which waits for
// it. Where the import is lost it ends the run by stop.
func (a *attempt) watch(ctx context.Context, stop context.CancelCauseFunc) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(min(beat, a.Lease/3))
		defer ticker.Stop()
		renewed := time.Now()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			renew := time.Since(renewed) >= a.Lease/3
			started := time.Now()
			err := a.beat(ctx, renew)
			switch {
			case errors.Is(err, errLost):
				stop(errLost)
				return
			case err != nil && ctx.Err() == nil:
				// The guards hold whatever happens here: another worker may take over, and this one then writes nothing.
				a.Logger.WarnContext(ctx, "a running import could not show that it is alive",
					"import_id", a.run.ID, "error", err, "database_unavailable", database.Unavailable(err))
			case renew:
				renewed = started
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// beat writes what has changed, or else only looks whether the import is still this attempt's.
func (a *attempt) beat(ctx context.Context, renew bool) error {
	c, mapping, warnings, changed := a.tally.take()
	if !changed && !renew {
		return a.look(ctx)
	}
	return a.DB.Do(ctx, "showImportProgress", func(ctx context.Context) error {
		// The import before its lease, as everybody takes the two, or a cancel at this moment would be a deadlock.
		if changed {
			if err := a.writeProgress(ctx, c, mapping, warnings); err != nil {
				return err
			}
		}
		if !renew {
			return nil
		}
		n, err := a.DB.Client().ImportLease.Update().
			Where(importlease.ID(a.run.ID), importlease.Attempt(a.run.Attempt)).
			SetExpiresAt(a.now().Add(a.Lease)).Save(ctx)
		if err != nil {
			return fmt.Errorf("renew lease: %w", err)
		}
		if n == 0 {
			return errLost
		}
		return nil
	})
}

func (a *attempt) writeProgress(
	ctx context.Context, c counts, mapping []definition.ColumnMapping, warnings []definition.Warning,
) error {
	update := a.mine().
		SetAcceptedRowCount(c.accepted).
		SetRejectedRowCount(c.rejected).
		SetProcessedRowCount(c.processed()).
		SetBlankRowCount(c.blank)
	if mapping != nil {
		update.SetColumnMapping(mapping)
	}
	if warnings != nil {
		update.SetWarnings(warnings)
	}
	n, err := update.Save(ctx)
	if err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	if n == 0 {
		return errLost
	}
	a.tellProgress(ctx, a.run.OrganizationID, a.run.ID)
	return nil
}

func (a *attempt) look(ctx context.Context) error {
	return a.DB.Read(ctx, func(ctx context.Context) error {
		there, err := a.DB.Client().ImportRun.Query().Where(
			importrun.ID(a.run.ID),
			importrun.Attempt(a.run.Attempt),
			importrun.StatusEQ(definition.ImportProcessing),
		).Exist(ctx)
		if err == nil && !there {
			return errLost
		}
		return err
	})
}
