package upload

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// groupPrefix is what the keys of a group's objects begin with.
func groupPrefix(organizationID, groupID string) string { return organizationID + "/" + groupID + "/" }

// newKey makes the key of a new object. Nothing of it comes from the user, and nobody can guess it.
func newKey(organizationID, groupID string) string {
	return groupPrefix(organizationID, groupID) + strings.ToLower(rand.Text())
}

// ownKey is the key of an object that lies under the group's prefix, and false for every other path: another bucket,
// another group, or no path at all. The bucket is not asked.
func (u *Uploads) ownKey(organizationID, groupID, path string) (key string, ok bool) {
	key, ok = u.bucket.Key(path)
	return key, ok && organizationID != "" && groupID != "" && strings.HasPrefix(key, groupPrefix(organizationID, groupID))
}

// uniquePath is what the unique index of an organization's histories sees for a path. Within the group's prefix it is
// the path itself. A path outside of it is nobody's in particular: every group may record it once, without learning
// whether another one did and without standing in the way of the group whose file it is, so the group becomes part of
// it.
func (u *Uploads) uniquePath(organizationID, groupID, path string) string {
	if _, own := u.ownKey(organizationID, groupID, path); own {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return groupID + " sha256 " + hex.EncodeToString(sum[:])
}
