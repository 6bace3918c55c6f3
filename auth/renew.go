package auth

import (
	"context"
	"fmt"
	"slices"

	"entrepot/ent/apitoken"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/viewer"
)

// renewedAtOnce bounds the parameters of a statement.
const renewedAtOnce = 1000

// Renewed is who viewers of one organization, as Viewer gave them, are by now: the same person with the role of this
// moment, or the zero Viewer where the membership of the organization or of the group has ended or the API token is
// revoked. It is for what stays open after it was asked for; of a thousand viewers it takes three statements at most.
// When their tokens expire they say themselves. Errors are the database's.
func (a *Authenticator) Renewed(
	ctx context.Context, organizationID string, viewers []viewer.Viewer,
) ([]viewer.Viewer, error) {
	ctx = viewer.NewContext(ctx, viewer.Worker("auth", organizationID))
	renewed := make([]viewer.Viewer, 0, len(viewers))
	for some := range slices.Chunk(viewers, renewedAtOnce) {
		var now rights
		if err := a.db.Read(ctx, func(ctx context.Context) (err error) {
			now, err = a.rights(ctx, organizationID, some)
			return err
		}); err != nil {
			return nil, err
		}
		for _, v := range some {
			renewed = append(renewed, now.of(v))
		}
	}
	return renewed, nil
}

// rights are what people and tokens of one organization may do.
type rights struct {
	members map[string]viewer.Role // by person
	places  map[seat]bool
	tokens  map[string]viewer.Role // by id
}

// seat is a person's place in a group.
type seat struct{ userID, groupID string }

func (r rights) of(v viewer.Viewer) viewer.Viewer {
	role, member := r.members[v.UserID]
	if !member || v.GroupID != "" && !r.places[seat{v.UserID, v.GroupID}] {
		return viewer.Viewer{}
	}
	if v.TokenID != "" {
		most, valid := r.tokens[v.TokenID]
		if !valid {
			return viewer.Viewer{}
		}
		role = lesser(most, role)
	}
	v.Role = role
	return v
}

func (a *Authenticator) rights(ctx context.Context, organizationID string, viewers []viewer.Viewer) (rights, error) {
	users := distinct(viewers, func(v viewer.Viewer) string { return v.UserID })
	groups := distinct(viewers, func(v viewer.Viewer) string { return v.GroupID })
	tokens := distinct(viewers, func(v viewer.Viewer) string { return v.TokenID })
	now := rights{members: map[string]viewer.Role{}, places: map[seat]bool{}, tokens: map[string]viewer.Role{}}
	c := a.db.Client()
	members, err := c.Membership.Query().Where(membership.OrganizationID(organizationID),
		membership.UserIDIn(users...), membership.EndedAtIsNil()).All(ctx)
	if err != nil {
		return now, fmt.Errorf("read memberships: %w", err)
	}
	for _, m := range members {
		now.members[m.UserID] = m.Role
	}
	if len(groups) > 0 {
		places, err := c.GroupMembership.Query().Where(groupmembership.OrganizationID(organizationID),
			groupmembership.GroupIDIn(groups...), groupmembership.UserIDIn(users...),
			groupmembership.EndedAtIsNil()).All(ctx)
		if err != nil {
			return now, fmt.Errorf("read group memberships: %w", err)
		}
		for _, p := range places {
			now.places[seat{p.UserID, p.GroupID}] = true
		}
	}
	if len(tokens) > 0 {
		valid, err := c.APIToken.Query().Where(apitoken.OrganizationID(organizationID),
			apitoken.IDIn(tokens...), apitoken.RevokedAtIsNil()).All(ctx)
		if err != nil {
			return now, fmt.Errorf("read API tokens: %w", err)
		}
		for _, t := range valid {
			now.tokens[t.ID] = t.Role
		}
	}
	return now, nil
}

// lesser is the role that includes less.
func lesser(a, b viewer.Role) viewer.Role {
	if a.Includes(b) {
		return b
	}
	return a
}

// distinct are the texts that something of the viewers is, but the empty one.
func distinct(viewers []viewer.Viewer, of func(viewer.Viewer) string) []string {
	var all []string
	for _, v := range viewers {
		if text := of(v); text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
