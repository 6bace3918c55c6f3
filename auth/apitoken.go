package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"entrepot/ent"
	"entrepot/ent/apitoken"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/viewer"
)

// API tokens are for programs. Each is a secret, told once, that is known afterwards by its hash alone.
const (
	// secretPrefix tells people and scanners of leaked secrets what they have before them; no JWT begins with it.
	secretPrefix = "entrepot_"
	secretBytes  = 32
)

// newSecret makes the secret of an API token: 256 random bits in 43 characters behind the prefix.
func newSecret() string {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // never fails
	return secretPrefix + base64.RawURLEncoding.EncodeToString(random)
}

// hashSecret is what is kept of a secret. A fast hash is right for it: slow ones make guessing at what people choose
// expensive, and nobody guesses 256 random bits; but everybody would pay for a slow one at each request. Finding a row by
// it takes no time that would tell anything about another secret, since whoever tries cannot choose the hash.
func hashSecret(secret string) string {
	hash := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(hash[:])
}

func isAPIToken(token string) bool { return strings.HasPrefix(token, secretPrefix) }

// noSuchToken does not tell a token that never was from one that has ended: neither is the bearer's business.
func noSuchToken() error {
	return unauthenticated("The API token is unknown, revoked or expired, or who made it has left its organization or group. " +
		"Ask an owner of the organization for a new one.")
}

// program is who comes with an API token: its maker, in the organization and group that it was made in, with its role or
// the maker's where that is less by now.
func (a *Authenticator) program(ctx context.Context, token, organizationID, groupID string) (v viewer.Viewer, err error) {
	if len(token) != len(secretPrefix)+base64.RawURLEncoding.EncodedLen(secretBytes) {
		return v, noSuchToken()
	}
	hash := hashSecret(token)
	var t *ent.APIToken
	ctx = viewer.NewContext(ctx, viewer.ByToken("auth", hash))
	err = a.db.Read(ctx, func(ctx context.Context) (err error) {
		t, err = a.db.Client().APIToken.Query().Where(apitoken.TokenHash(hash)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return noSuchToken()
		case err != nil:
			return fmt.Errorf("read API token: %w", err)
		case t.RevokedAt != nil || t.ExpiresAt != nil && !a.now().Before(*t.ExpiresAt):
			return noSuchToken()
		}
		v, err = a.maker(viewer.NewContext(ctx, viewer.SignIn("auth", t.CreatedByID)), t)
		return err
	})
	if err != nil {
		return viewer.Viewer{}, err
	}
	if organizationID != "" && organizationID != v.OrganizationID {
		return viewer.Viewer{}, unauthenticated("This API token acts in another organization than %q, and in no other. "+
			"Leave X-Organization-Id out.", shown(organizationID))
	}
	if groupID != "" && groupID != v.GroupID {
		return viewer.Viewer{}, unauthenticated("This API token does not act in the group %q. "+
			"Leave X-Group-Id out.", shown(groupID))
	}
	a.used(t)
	return v, nil
}

// maker is who a token acts as, as long as its maker belongs to its organization and group.
func (a *Authenticator) maker(ctx context.Context, t *ent.APIToken) (viewer.Viewer, error) {
	v := viewer.Viewer{UserID: t.CreatedByID, OrganizationID: t.OrganizationID, TokenID: t.ID}
	m, err := a.db.Client().Membership.Query().Where(membership.UserID(t.CreatedByID),
		membership.OrganizationID(t.OrganizationID), membership.EndedAtIsNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return v, noSuchToken()
	}
	if err != nil {
		return v, fmt.Errorf("read memberships: %w", err)
	}
	v.Role = lesser(t.Role, m.Role)
	if t.ExpiresAt != nil {
		v.ExpiresAt = t.ExpiresAt.UTC()
	}
	if t.GroupID == nil {
		return v, nil
	}
	v.GroupID = *t.GroupID
	belongs, err := a.db.Client().GroupMembership.Query().Where(groupmembership.UserID(t.CreatedByID),
		groupmembership.OrganizationID(t.OrganizationID), groupmembership.GroupID(v.GroupID),
		groupmembership.EndedAtIsNil()).Exist(ctx)
	if err != nil {
		return v, fmt.Errorf("read group memberships: %w", err)
	}
	if !belongs {
		return v, noSuchToken()
	}
	return v, nil
}

// milliseconds is a time as precise as the API shows it.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
