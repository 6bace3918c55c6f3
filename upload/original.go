package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/storage"
)

// ErrNoOriginal says that there is no file to download: the history's check has not found a good one, or it was erased.
var ErrNoOriginal = errors.New("the upload has no file")

// Original signs a download of the file that was checked, and of no other that came in its place, under the name that the
// user gave it. Whoever may read the history may have it. The error is ErrNoOriginal as long as no check has found a
// good file in the group's folder, and once it was erased.
func (u *Uploads) Original(ctx context.Context, h *ent.ReviewUploadHistory) (string, time.Time, error) {
	key, own := u.ownKey(h.OrganizationID, h.GroupID, h.GcsPath)
	if !own || h.Status != definition.UploadSuccess || h.Generation == nil || h.DeletedAt != nil {
		return "", time.Time{}, ErrNoOriginal
	}
	url, expiresAt, err := u.bucket.SignGet(ctx, key, storage.GetOptions{
		FileName: h.FileName, ContentType: contentTypeOf(h.FileName), Generation: *h.Generation,
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign original: %w", err)
	}
	return url, expiresAt, nil
}
