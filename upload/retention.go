package upload

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlogline"
	"entrepot/ent/importresult"
	"entrepot/ent/importrowerror"
	"entrepot/ent/importrun"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/prefixid"
	"entrepot/refusal"
)

// Retention is how long things are kept, counted from when their history was stored or their import started. 0 keeps them
// for good.
type Retention struct {
	// Files is for uploaded files; what goes with them, and what stays, Delete tells. One that an import reads, or waits to,
	// is kept until that has ended.
	Files time.Duration
	// RowErrors is for what checks and ended imports kept of their files' cells: row errors, which stay counted, the rows
	// that were set aside, and logs.
	RowErrors time.Duration
	// Results is for the results of ended imports, which stay counted.
	Results time.Duration
}

// before is when that begins which is kept for d; false where all of it is.
func (u *Uploads) before(d time.Duration) (time.Time, bool) { return u.moment().Add(-d), d > 0 }

// expireFiles erases the files of a group that are old enough.
func (u *Uploads) expireFiles(ctx context.Context, organizationID, groupID string) (int, error) {
	before, expires := u.before(u.retention.Files)
	if !expires {
		return 0, nil
	}
	ids, err := u.histories(ctx, organizationID, groupID, before, func(q *ent.ReviewUploadHistoryQuery) {
		q.Where(reviewuploadhistory.DeletedAtIsNil(), reviewuploadhistory.UniquePathNotNil(),
			func(s *sql.Selector) {
				run := sql.Table(importrun.Table).As("reader")
				s.Where(sql.Not(has(s, run, importrun.FieldUploadHistoryID,
					sql.In(run.C(importrun.FieldStatus), definition.ImportPending, definition.ImportProcessing))))
			})
	})
	if err != nil {
		return 0, fmt.Errorf("look for old files: %w", err)
	}
	return each(ids, func(id int64) (done bool, err error) {
		err = u.db.Do(ctx, "expireFile", func(ctx context.Context) error {
			h, err := u.hold(ctx, prefixid.FromNumber(prefixid.UploadHistory, id))
			if err != nil {
				return err
			}
			done = h.DeletedAt == nil
			return u.delete(ctx, h)
		})
		if _, refused := refusal.From(err); refused { // an import has begun to read it
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("erase old file: %w", err)
		}
		return done, nil
	})
}

// histories are those of a group that were stored before a time, and that narrow lets through, the oldest first.
func (u *Uploads) histories(
	ctx context.Context, organizationID, groupID string, before time.Time, narrow func(q *ent.ReviewUploadHistoryQuery),
) (ids []int64, err error) {
	err = u.db.Read(ctx, func(ctx context.Context) error {
		q := u.db.Client().ReviewUploadHistory.Query().Where(
			reviewuploadhistory.OrganizationID(organizationID), reviewuploadhistory.GroupID(groupID),
			reviewuploadhistory.CreatedAtLT(before),
		).Order(reviewuploadhistory.ByCreatedAt(), reviewuploadhistory.ByID()).Limit(sweepBatch)
		narrow(q)
		ids, err = q.IDs(ctx)
		return err
	})
	return ids, err
}

// expireCheckErrors erases the row errors of a group's checks that are old enough.
func (u *Uploads) expireCheckErrors(ctx context.Context, organizationID, groupID string) (int, error) {
	before, expires := u.before(u.retention.RowErrors)
	if !expires {
		return 0, nil
	}
	ids, err := u.histories(ctx, organizationID, groupID, before, func(q *ent.ReviewUploadHistoryQuery) {
		q.Where(reviewuploadhistory.ErrorsErasedAtIsNil(), func(s *sql.Selector) {
			s.Where(has(s, sql.Table(importrowerror.Table).As("kept"), importrowerror.FieldUploadHistoryID))
		})
	})
	if err != nil {
		return 0, fmt.Errorf("look for old row errors of checks: %w", err)
	}
	return each(ids, func(id int64) (done bool, err error) {
		err = u.db.Do(ctx, "expireCheckErrors", func(ctx context.Context) error {
			changed, err := u.db.Client().ReviewUploadHistory.Update().Where(reviewuploadhistory.ID(id),
				reviewuploadhistory.DeletedAtIsNil(), reviewuploadhistory.ErrorsErasedAtIsNil(),
				reviewuploadhistory.StatusIn(definition.UploadSuccess, definition.UploadFailure)).
				SetErrorsErasedAt(u.moment()).Save(ctx)
			if err != nil || changed == 0 {
				return err
			}
			done = true
			_, err = u.db.Client().ImportRowError.Delete().
				Where(importrowerror.OrganizationID(organizationID), importrowerror.UploadHistoryID(id)).Exec(ctx)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("erase old row errors of a check: %w", err)
		}
		return done, nil
	})
}

// has holds where a table has a row of the organization that refers to the statement's by a column, and for which all
// of the conditions hold.
func has(s *sql.Selector, of *sql.SelectTable, by string, conditions ...*sql.Predicate) *sql.Predicate {
	return sql.Exists(sql.Select(of.C("id")).From(of).Where(sql.And(append([]*sql.Predicate{
		sql.ColumnsEQ(of.C("organization_id"), s.C("organization_id")), sql.ColumnsEQ(of.C(by), s.C("id")),
	}, conditions...)...)))
}

// imports are ended ones that were started before a time, and that narrow lets through, the oldest first.
func (u *Uploads) imports(
	ctx context.Context, organizationID string, before time.Time, narrow func(q *ent.ImportRunQuery),
) (runs []*ent.ImportRun, err error) {
	err = u.db.Read(ctx, func(ctx context.Context) error {
		q := u.db.Client().ImportRun.Query().Where(
			importrun.OrganizationID(organizationID), importrun.CreatedAtLT(before), importrun.ProcessedAtNotNil(),
		).Order(importrun.ByCreatedAt(), importrun.ByID()).Limit(sweepBatch)
		narrow(q)
		runs, err = q.All(ctx)
		return err
	})
	return runs, err
}

// expireRowErrors erases what imports kept of their files' cells, where it is old enough.
func (u *Uploads) expireRowErrors(ctx context.Context, organizationID string) (int, error) {
	before, expires := u.before(u.retention.RowErrors)
	if !expires {
		return 0, nil
	}
	runs, err := u.imports(ctx, organizationID, before, func(q *ent.ImportRunQuery) {
		q.Where(importrun.RowErrorsErasedAtIsNil(), importrun.Or(
			importrun.RejectedRowsKeyNotNil(),
			importrun.ErrorCodeIn(definition.ErrorScriptThrew, definition.ErrorScriptOutputInvalid),
			func(s *sql.Selector) {
				s.Where(has(s, sql.Table(importrowerror.Table).As("kept"), importrowerror.FieldImportID))
			},
			func(s *sql.Selector) {
				s.Where(has(s, sql.Table(importlogline.Table).As("line"), importlogline.FieldImportID))
			},
		))
	})
	if err != nil {
		return 0, fmt.Errorf("look for old row errors: %w", err)
	}
	return each(runs, func(run *ent.ImportRun) (bool, error) {
		err := u.db.Do(ctx, "expireRowErrors", func(ctx context.Context) error {
			key, err := u.forgetRows(ctx, run, u.moment())
			if err != nil || key == "" {
				return err
			}
			return u.enqueueErase(ctx, organizationID, []string{key})
		})
		if err != nil {
			return false, fmt.Errorf("erase old row errors: %w", err)
		}
		return true, nil
	})
}

// expireResults erases the results of imports that are old enough, those of one import in one transaction.
func (u *Uploads) expireResults(ctx context.Context, organizationID string) (int, error) {
	before, expires := u.before(u.retention.Results)
	if !expires {
		return 0, nil
	}
	runs, err := u.imports(ctx, organizationID, before, func(q *ent.ImportRunQuery) {
		q.Where(importrun.ResultsErasedAtIsNil(), importrun.ResultCountGT(0))
	})
	if err != nil {
		return 0, fmt.Errorf("look for old results: %w", err)
	}
	return each(runs, func(run *ent.ImportRun) (bool, error) {
		err := u.db.Do(ctx, "expireResults", func(ctx context.Context) error {
			changed, err := u.db.Client().ImportRun.Update().
				Where(importrun.ID(run.ID), importrun.ResultsErasedAtIsNil()).SetResultsErasedAt(u.moment()).Save(ctx)
			if err != nil || changed == 0 {
				return err
			}
			_, err = u.db.Client().ImportResult.Delete().
				Where(importresult.OrganizationID(organizationID), importresult.ImportID(run.ID)).Exec(ctx)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("erase old results: %w", err)
		}
		return true, nil
	})
}
