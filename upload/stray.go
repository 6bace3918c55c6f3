package upload

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"entrepot/ent"
	"entrepot/ent/importrun"
	"entrepot/ent/issuedupload"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/storage"
)

// lingers is how long after its URL an upload may still come to its end: Google Cloud Storage keeps one that was begun as
// resumable for a week (https://cloud.google.com/storage/docs/resumable-uploads, “Considerations”).
const lingers = 7 * 24 * time.Hour

// sweepUnclaimed erases the files of upload URLs that ended a day ago and have no history, or one whose file was erased
// (somebody has put it there again). They are looked for once more when no upload can come to its end any longer; then,
// or at once where there is a history with its file, the record of the URL goes.
func (u *Uploads) sweepUnclaimed(ctx context.Context, organizationID string) (int, error) {
	var issued []*ent.IssuedUpload
	claimed := map[string]bool{} // paths with a history whose file was not erased
	err := u.db.Read(ctx, func(ctx context.Context) (err error) {
		now := u.moment()
		issued, err = u.db.Client().IssuedUpload.Query().Where(
			issuedupload.OrganizationID(organizationID),
			issuedupload.ExpiresAtLT(now.Add(-strayAfter)),
			issuedupload.Or(issuedupload.SweptAtIsNil(), issuedupload.SweptAtLT(now.Add(-lingers))),
		).Order(issuedupload.ByExpiresAt(), issuedupload.ByID()).Limit(sweepBatch).All(ctx)
		if err != nil || len(issued) == 0 {
			return err
		}
		paths := make([]string, len(issued))
		for i, one := range issued {
			paths[i] = one.GcsPath
		}
		var live []string
		err = u.db.Client().ReviewUploadHistory.Query().Where(reviewuploadhistory.OrganizationID(organizationID),
			reviewuploadhistory.UniquePathIn(paths...), reviewuploadhistory.DeletedAtIsNil()).
			Select(reviewuploadhistory.FieldUniquePath).Scan(ctx, &live)
		for _, path := range live {
			claimed[path] = true
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look for uploads that were not recorded: %w", err)
	}
	return each(issued, func(one *ent.IssuedUpload) (bool, error) {
		if err := u.settle(ctx, one, claimed[one.GcsPath]); err != nil {
			return false, fmt.Errorf("erase an upload that was not recorded: %w", err)
		}
		return true, nil
	})
}

func (u *Uploads) settle(ctx context.Context, one *ent.IssuedUpload, claimed bool) error {
	if key, own := u.ownKey(one.OrganizationID, one.GroupID, one.GcsPath); own && !claimed {
		if err := u.bucket.Delete(ctx, key); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return u.db.Do(ctx, "settleIssuedUpload", func(ctx context.Context) error {
		c := u.db.Client().IssuedUpload
		if claimed || one.SweptAt != nil {
			_, err := c.Delete().Where(issuedupload.ID(one.ID)).Exec(ctx)
			return err
		}
		return c.Update().Where(issuedupload.ID(one.ID)).SetSweptAt(u.moment()).Exec(ctx)
	})
}

// leftover is the end of the key of an object with the rows that one attempt of an import set aside.
var leftover = regexp.MustCompile(`/(imp-[^/]+)-[0-9]+-rejected\.csv$`)

// sweepLeftovers erases objects with set-aside rows, a day old, of ended imports that show another one or none: of
// attempts that died, and of those that could not clean up behind them.
func (u *Uploads) sweepLeftovers(ctx context.Context, organizationID, groupID string) (n int, err error) {
	byImport := map[string][]storage.Object{}
	flush := func() error {
		if len(byImport) == 0 {
			return nil
		}
		some, err := u.dropLeftovers(ctx, organizationID, byImport)
		n += some
		clear(byImport)
		return err
	}
	prefix := groupPrefix(organizationID, groupID) + "imp-"
	for object, err := range u.bucket.List(ctx, prefix, u.moment().Add(-strayAfter)) {
		if err != nil {
			return n, fmt.Errorf("look for leftovers: %w", err)
		}
		if parts := leftover.FindStringSubmatch(object.Key); parts != nil {
			byImport[parts[1]] = append(byImport[parts[1]], object)
		}
		if len(byImport) < sweepBatch {
			continue
		}
		if err := flush(); err != nil || n >= sweepBatch {
			return n, err
		}
	}
	return n, flush()
}

func (u *Uploads) dropLeftovers(
	ctx context.Context, organizationID string, byImport map[string][]storage.Object,
) (n int, err error) {
	var runs []*ent.ImportRun
	ids := make([]string, 0, len(byImport))
	for id := range byImport {
		ids = append(ids, id)
	}
	if err := u.db.Read(ctx, func(ctx context.Context) (err error) {
		runs, err = u.db.Client().ImportRun.Query().Where(importrun.OrganizationID(organizationID),
			importrun.IDIn(ids...), importrun.ProcessedAtNotNil()).All(ctx)
		return err
	}); err != nil {
		return 0, fmt.Errorf("look for the imports of leftovers: %w", err)
	}
	for _, run := range runs {
		for _, object := range byImport[run.ID] {
			if run.RejectedRowsKey != nil && *run.RejectedRowsKey == object.Key {
				continue
			}
			err := u.bucket.DeleteGeneration(ctx, object.Key, object.Generation)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrChanged) {
				return n, fmt.Errorf("erase leftover: %w", err)
			}
			n++
		}
	}
	return n, nil
}
