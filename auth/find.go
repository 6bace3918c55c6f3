package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
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
// without. The e-mail address or the organization must be given: nothing looks through all tenants. Its error is a
// sentence for whoever asked; with a Provider it is ErrProvider.
func (a *Authenticator) Find(ctx context.Context, w Wanted) (who Identity, err error) {
	if a.provider != nil {
		return who, ErrProvider
	}
	if w.Email == "" && w.Organization == "" {
		return who, errors.New("say whom: name a user or an organization")
	}
	where := []predicate.Membership{membership.EndedAtIsNil()}
	as := viewer.Viewer{}
	if w.Email != "" {
		email := strings.ToLower(strings.TrimSpace(w.Email))
		found, err := a.lookUp(ctx, email, user.Email(email))
		if err != nil {
			return who, err
		}
		if found == nil {
			return who, fmt.Errorf("no member matches %s", w)
		}
		where = append(where, membership.UserID(found.ID))
		as = viewer.SignIn("auth", found.ID)
	}
	if w.Organization != "" {
		id, err := a.lookUpOrganization(ctx, w.Organization)
		if err != nil {
			return who, err
		}
		where = append(where, membership.OrganizationID(id))
		as = viewer.Worker("auth", id)
	}
	if w.Role != "" {
		where = append(where, membership.RoleEQ(w.Role))
	}
	err = a.db.Read(viewer.NewContext(ctx, as), func(ctx context.Context) error {
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
	return strings.Join(words, ", ")
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
