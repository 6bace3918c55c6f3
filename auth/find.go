package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/ent/organization"
	"entrepot/ent/predicate"
	"entrepot/ent/user"
	"entrepot/viewer"
)

// Wanted says whom a token is wanted for. What is empty is left open.
type Wanted struct {
	Email        string
	Organization string // id, short name (slug) or name
	Group        string // id or name
	Role         viewer.Role
}

// Find is the first person who matches, by the time that they joined the organization, those with a group before those
// without. Its error is a sentence for whoever asked.
func (a *Authenticator) Find(ctx context.Context, w Wanted) (Identity, error) {
	var who Identity
	ctx = viewer.NewContext(ctx, viewer.System("auth"))
	err := a.db.Read(ctx, func(ctx context.Context) error {
		where := []predicate.Membership{membership.EndedAtIsNil()}
		if w.Organization != "" {
			o, err := a.findOrganization(ctx, w.Organization)
			if err != nil {
				return err
			}
			where = append(where, membership.OrganizationID(o.ID))
		}
		if w.Email != "" {
			where = append(where, membership.HasUserWith(user.Email(strings.ToLower(strings.TrimSpace(w.Email)))))
		}
		if w.Role != "" {
			where = append(where, membership.RoleEQ(w.Role))
		}
		members, err := a.db.Client().Membership.Query().Where(where...).
			Order(membership.ByCreatedAt(), membership.ByID()).All(ctx)
		if err != nil {
			return fmt.Errorf("read memberships: %w", err)
		}
		if len(members) == 0 {
			return fmt.Errorf("no member matches %s", w)
		}
		who, err = a.choose(ctx, members, w)
		return err
	})
	return who, err
}

func (w Wanted) String() string {
	var words []string
	for _, part := range [][2]string{
		{"user", w.Email}, {"organization", w.Organization}, {"group", w.Group}, {"role", string(w.Role)},
	} {
		if part[1] != "" {
			words = append(words, fmt.Sprintf("%s %q", part[0], part[1]))
		}
	}
	if len(words) == 0 {
		return "anybody"
	}
	return strings.Join(words, ", ")
}

func (a *Authenticator) findOrganization(ctx context.Context, text string) (*ent.Organization, error) {
	found, err := a.db.Client().Organization.Query().
		Where(organization.Or(organization.ID(text), organization.Slug(text), organization.Name(text))).
		Order(organization.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read organizations: %w", err)
	}
	exact := slices.IndexFunc(found, func(o *ent.Organization) bool { return o.ID == text || o.Slug == text })
	switch {
	case exact >= 0:
		return found[exact], nil
	case len(found) == 0:
		return nil, fmt.Errorf("there is no organization %q", text)
	case len(found) == 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("there are %d organizations named %q; give the id", len(found), text)
}

// choose prefers who is in the wanted group, or in any.
func (a *Authenticator) choose(ctx context.Context, members []*ent.Membership, w Wanted) (Identity, error) {
	for _, m := range members {
		where := []predicate.GroupMembership{
			groupmembership.OrganizationID(m.OrganizationID), groupmembership.UserID(m.UserID), groupmembership.EndedAtIsNil(),
		}
		if w.Group != "" {
			where = append(where, groupmembership.HasGroupWith(group.Or(group.ID(w.Group), group.Name(w.Group))))
		}
		groups, err := a.db.Client().GroupMembership.Query().Where(where...).
			Order(groupmembership.ByCreatedAt(), groupmembership.ByID()).Limit(1).All(ctx)
		if err != nil {
			return Identity{}, fmt.Errorf("read group memberships: %w", err)
		}
		if len(groups) > 0 {
			return Identity{m.UserID, m.OrganizationID, groups[0].GroupID}, nil
		}
	}
	if w.Group != "" {
		return Identity{}, fmt.Errorf("no member matches %s", w)
	}
	return Identity{members[0].UserID, members[0].OrganizationID, ""}, nil
}
