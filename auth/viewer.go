package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"entrepot/ent"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/viewer"
)

// Viewer is who comes with a token. The current organization is organizationID, or where that is empty the token's, or
// the first that the person joined; the current group likewise, among the person's groups in that organization, and
// empty where there is none. What was asked for, or stands in the token, and is not the person's (any more) is an
// UnauthenticatedError, as is a token that does not count; every other error is the database's. An API token has one
// organization and one group (or none), with which whatever was asked for must agree.
func (a *Authenticator) Viewer(ctx context.Context, token, organizationID, groupID string) (viewer.Viewer, error) {
	if isAPIToken(token) {
		return a.program(ctx, token, organizationID, groupID)
	}
	who, expires, err := a.identify(ctx, token)
	if err != nil {
		return viewer.Viewer{}, err
	}
	v := viewer.Viewer{UserID: who.UserID, ExpiresAt: expires}
	ctx = viewer.NewContext(ctx, viewer.SignIn("auth", who.UserID))
	err = a.db.Read(ctx, func(ctx context.Context) error {
		if err := a.chooseOrganization(ctx, &v, cmp.Or(organizationID, who.OrganizationID)); err != nil {
			return err
		}
		if groupID == "" && v.OrganizationID == who.OrganizationID {
			groupID = who.GroupID
		}
		return a.chooseGroup(ctx, &v, groupID)
	})
	if err != nil {
		return viewer.Viewer{}, err
	}
	return v, nil
}

func (a *Authenticator) chooseOrganization(ctx context.Context, v *viewer.Viewer, wanted string) error {
	own, err := a.db.Client().Membership.Query().
		Where(membership.UserID(v.UserID), membership.EndedAtIsNil()).
		Order(membership.ByCreatedAt(), membership.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	if len(own) == 0 {
		return unauthenticated("You belong to no organization (any more). Ask an owner to add you.")
	}
	at := 0
	if wanted != "" {
		at = slices.IndexFunc(own, func(m *ent.Membership) bool { return m.OrganizationID == wanted })
	}
	if at < 0 {
		return unauthenticated("You do not belong to the organization %q (any more). "+
			"Send the id of one of yours as X-Organization-Id, or sign in again.", shown(wanted))
	}
	v.OrganizationID, v.Role = own[at].OrganizationID, own[at].Role
	return nil
}

func (a *Authenticator) chooseGroup(ctx context.Context, v *viewer.Viewer, wanted string) error {
	own, err := a.db.Client().GroupMembership.Query().
		Where(groupmembership.OrganizationID(v.OrganizationID), groupmembership.UserID(v.UserID),
			groupmembership.EndedAtIsNil()).
		Order(groupmembership.ByCreatedAt(), groupmembership.ByID()).
		Select(groupmembership.FieldGroupID).Strings(ctx)
	if err != nil {
		return fmt.Errorf("read group memberships: %w", err)
	}
	switch {
	case wanted == "" && len(own) > 0:
		v.GroupID = own[0]
	case wanted != "" && !slices.Contains(own, wanted):
		return unauthenticated("You do not belong to the group %q of this organization (any more). "+
			"Send the id of one of yours as X-Group-Id, or sign in again.", shown(wanted))
	default:
		v.GroupID = wanted
	}
	return nil
}

// shown is what a client sent, short enough to be sent back.
func shown(text string) string {
	if runes := []rune(strings.ToValidUTF8(text, "�")); len(runes) > 64 {
		return string(runes[:64]) + "…"
	}
	return text
}
