package graph

import (
	"context"
	"strings"

	"entrepot/ent"
	"entrepot/ent/group"
	"entrepot/ent/groupmembership"
	"entrepot/ent/membership"
	"entrepot/ent/organization"
	"entrepot/ent/user"
	"entrepot/graph/model"
	"entrepot/viewer"
)

// asking is who asks; the transports let nobody else through.
func asking(ctx context.Context) viewer.Viewer {
	v, _ := viewer.FromContext(ctx)
	return v
}

type viewerResolver struct{ *root }

func (viewerResolver) ID(_ context.Context, v *model.Viewer) (string, error) {
	return strings.Join([]string{"viewer", v.UserID, v.OrganizationID, v.GroupID}, "-"), nil
}

func (r viewerResolver) User(ctx context.Context, v *model.Viewer) (*ent.User, error) {
	return r.DB.Client().User.Get(ctx, v.UserID)
}

func (r viewerResolver) Organization(ctx context.Context, v *model.Viewer) (*ent.Organization, error) {
	return r.DB.Client().Organization.Get(ctx, v.OrganizationID)
}

func (r viewerResolver) Group(ctx context.Context, v *model.Viewer) (*ent.Group, error) {
	if v.GroupID == "" {
		return nil, nil
	}
	return r.DB.Client().Group.Get(ctx, v.GroupID)
}

func (r viewerResolver) Memberships(ctx context.Context, v *model.Viewer) ([]*ent.Membership, error) {
	all, err := r.DB.Client().Membership.Query().
		Where(membership.UserID(v.UserID), membership.EndedAtIsNil()).
		Order(membership.ByID()).All(ctx)
	together(ctx, all)
	return all, err
}

type membershipResolver struct{ *root }

func (r membershipResolver) User(ctx context.Context, m *ent.Membership) (*ent.User, error) {
	return one(ctx, m, "user", func(m *ent.Membership) string { return m.UserID }, r.users, userID)
}

func (r membershipResolver) Organization(ctx context.Context, m *ent.Membership) (*ent.Organization, error) {
	return one(ctx, m, "organization", func(m *ent.Membership) string { return m.OrganizationID },
		func(ctx context.Context, ids []string) ([]*ent.Organization, error) {
			return r.DB.Client().Organization.Query().Where(organization.IDIn(ids...)).All(ctx)
		}, func(o *ent.Organization) string { return o.ID })
}

func (r membershipResolver) Groups(ctx context.Context, m *ent.Membership) ([]*ent.Group, error) {
	return related(ctx, m, "groups", func(ctx context.Context, all []*ent.Membership) (map[*ent.Membership][]*ent.Group, error) {
		var users []string
		for _, m := range all {
			users = append(users, m.UserID)
		}
		places, err := r.DB.Client().GroupMembership.Query().
			Where(groupmembership.UserIDIn(users...), groupmembership.EndedAtIsNil()).
			WithGroup().Order(groupmembership.ByGroupField(group.FieldName), groupmembership.ByGroupID()).All(ctx)
		if err != nil {
			return nil, err
		}
		groups := map[*ent.Membership][]*ent.Group{}
		for _, m := range all {
			for _, p := range places {
				if p.UserID == m.UserID && p.OrganizationID == m.OrganizationID && p.Edges.Group != nil {
					groups[m] = append(groups[m], p.Edges.Group)
				}
			}
		}
		return groups, nil
	})
}

type organizationResolver struct{ *root }

func (r organizationResolver) Groups(ctx context.Context, o *ent.Organization) ([]*ent.Group, error) {
	type groupsOf = map[*ent.Organization][]*ent.Group
	return related(ctx, o, "groups", func(ctx context.Context, all []*ent.Organization) (groupsOf, error) {
		var ids []string
		for _, o := range all {
			ids = append(ids, o.ID)
		}
		found, err := r.DB.Client().Group.Query().Where(group.OrganizationIDIn(ids...)).
			Order(group.ByName(), group.ByID()).All(ctx)
		if err != nil {
			return nil, err
		}
		together(ctx, found)
		groups := groupsOf{}
		for _, o := range all {
			for _, g := range found {
				if g.OrganizationID == o.ID {
					groups[o] = append(groups[o], g)
				}
			}
		}
		return groups, nil
	})
}

type groupResolver struct{ *root }

func (r groupResolver) Organization(ctx context.Context, g *ent.Group) (*ent.Organization, error) {
	return one(ctx, g, "organization", func(g *ent.Group) string { return g.OrganizationID },
		func(ctx context.Context, ids []string) ([]*ent.Organization, error) {
			return r.DB.Client().Organization.Query().Where(organization.IDIn(ids...)).All(ctx)
		}, func(o *ent.Organization) string { return o.ID })
}

type userResolver struct{ *root }

// Email is for those who share the current organization with the person now.
func (r userResolver) Email(ctx context.Context, u *ent.User) (*string, error) {
	return related(ctx, u, "email", func(ctx context.Context, users []*ent.User) (map[*ent.User]*string, error) {
		ids := make([]string, len(users))
		for i, u := range users {
			ids[i] = u.ID
		}
		members, err := r.DB.Client().Membership.Query().Where(
			membership.OrganizationID(asking(ctx).OrganizationID),
			membership.UserIDIn(ids...), membership.EndedAtIsNil(),
		).All(ctx)
		if err != nil {
			return nil, err
		}
		present := map[string]bool{}
		for _, m := range members {
			present[m.UserID] = true
		}
		emails := map[*ent.User]*string{}
		for _, u := range users {
			if present[u.ID] {
				emails[u] = &u.Email
			}
		}
		return emails, nil
	})
}

// users are people by their ids.
func (r *root) users(ctx context.Context, ids []string) ([]*ent.User, error) {
	return r.DB.Client().User.Query().Where(user.IDIn(ids...)).All(ctx)
}

func userID(u *ent.User) string { return u.ID }

// organizationOf is the current organization, which every visible entity but system-wide definitions belongs to.
func (r *root) organizationOf(ctx context.Context) (*ent.Organization, error) {
	return r.DB.Client().Organization.Get(ctx, asking(ctx).OrganizationID)
}
