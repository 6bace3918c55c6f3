package upload

import (
	"context"
	"fmt"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/ent/issuedupload"
	"entrepot/ent/reviewuploadhistory"
	"entrepot/refusal"
	"entrepot/viewer"
)

// Store records an uploaded file, or with an error reason an upload that failed, as the viewer, a COLLECTOR, in the
// viewer's group, and enqueues its check in the same transaction. The record has status NOTYET and comes with its edges
// User and Group.
//
// Any path is stored; whether it may be read is for the check to say. The same path again without an error reason
// answers with the record that the group has of it, as it is by then, and enqueues nothing; two at once make one. With
// an error reason every call makes a record. What other groups recorded of the path is neither shown nor in the way:
// each group has a record of its own, and only the one whose folder it is will find a file.
func (u *Uploads) Store(ctx context.Context, in StoreInput) (*ent.ReviewUploadHistory, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, true)
	if err != nil {
		return nil, err
	}
	in, wrong := in.Normalize()
	if err := wrong.OrNil(); err != nil {
		return nil, err
	}
	var stored *ent.ReviewUploadHistory
	err = u.db.Do(ctx, "storeUploadHistory", func(ctx context.Context) error {
		id, fresh, err := u.findOrInsert(ctx, v, in)
		if err != nil {
			return err
		}
		if fresh {
			if err := u.queue.EnqueueCheck(ctx, v.OrganizationID, id); err != nil {
				return fmt.Errorf("enqueue check: %w", err)
			}
			if err := u.publish(ctx, v.OrganizationID, id, false); err != nil {
				return err
			}
		}
		stored, err = u.db.Client().ReviewUploadHistory.Query().
			Where(reviewuploadhistory.ID(id)).WithUser().WithGroup().Only(ctx)
		if err != nil || fresh {
			return err
		}
		return u.conceal(ctx, stored)
	})
	if err != nil {
		return nil, fmt.Errorf("store upload history: %w", err)
	}
	return stored, nil
}

// findOrInsert gives the history's number, and whether it is new.
func (u *Uploads) findOrInsert(ctx context.Context, v viewer.Viewer, in StoreInput) (id int64, fresh bool, err error) {
	var unique *string
	if in.ErrorReason == nil {
		path := u.uniquePath(v.OrganizationID, v.GroupID, in.GCSPath)
		unique = &path
	}
	// An insert that a unique index refuses met the same path, stored since it was looked for, or a number that is taken.
	for range 5 {
		if unique != nil {
			id, err = u.db.Client().ReviewUploadHistory.Query().
				Where(reviewuploadhistory.UniquePath(*unique)).OnlyID(ctx)
			if err == nil || !ent.IsNotFound(err) {
				return id, false, err
			}
		}
		err = u.db.Do(ctx, "insertUploadHistory", func(ctx context.Context) error {
			id, err = u.insert(ctx, v, in, unique)
			return err
		})
		if taken, ok := database.AsConstraint(err); !ok || taken.Kind != database.Unique {
			return id, err == nil, err
		}
	}
	return 0, false, err
}

func (u *Uploads) insert(ctx context.Context, v viewer.Viewer, in StoreInput, unique *string) (int64, error) {
	create := u.db.Client().ReviewUploadHistory.Create().
		SetOrganizationID(v.OrganizationID).SetGroupID(v.GroupID).SetUserID(v.UserID).
		SetFileName(in.FileName).
		SetGcsPath(in.GCSPath).
		SetNillableUniquePath(unique).
		SetNillableErrorReason(in.ErrorReason)
	if unique != nil {
		issued, err := u.db.Client().IssuedUpload.Query().Where(issuedupload.GcsPath(in.GCSPath)).Only(ctx)
		switch {
		case err == nil:
			create.SetExpectedSize(issued.Size).SetNillableExpectedSha256(issued.Sha256)
		case !ent.IsNotFound(err):
			return 0, err
		}
	}
	created, err := create.Save(ctx)
	if err != nil {
		return 0, err
	}
	return created.ID, nil
}
