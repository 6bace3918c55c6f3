package rule

import (
	"entgo.io/ent/dialect/sql"

	"entrepot/prefixid"
	"entrepot/viewer"
)

// InOrganization reaches the rows of the viewer's organization.
func InOrganization(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.EQ(s.C("organization_id"), v.OrganizationID))
}

// InOrganizationOrSystemWide reaches the rows of the viewer's organization and those that all organizations share.
func InOrganizationOrSystemWide(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.In(s.C("organization_id"), v.OrganizationID, prefixid.System))
}

// InGroup reaches the rows of the viewer's organization and group; none for a person without a group.
func InGroup(v viewer.Viewer, s *sql.Selector) {
	InOrganization(v, s)
	if !v.AllGroups() {
		s.Where(sql.EQ(s.C("group_id"), v.GroupID))
	}
}

// InOrganizationOrOfGroup reaches rows that belong to the whole organization (no group) or to the viewer's group.
func InOrganizationOrOfGroup(v viewer.Viewer, s *sql.Selector) {
	InOrganization(v, s)
	if !v.AllGroups() {
		s.Where(sql.Or(sql.IsNull(s.C("group_id")), sql.EQ(s.C("group_id"), v.GroupID)))
	}
}

// Nothing reaches no row: the type is for parts of the server that act across organizations.
func Nothing(_ viewer.Viewer, s *sql.Selector) {
	s.Where(sql.False())
}

// OrganizationItself reaches the current organization, and those that the viewer is a member of: sign-in and
// switching come before an organization is chosen.
func OrganizationItself(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.Or(
		sql.EQ(s.C("id"), v.OrganizationID),
		memberOf(v, s.C("id")),
	))
}

// MembershipOrOwn reaches the memberships of the viewer's organization, and the viewer's own everywhere.
func MembershipOrOwn(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.Or(
		sql.EQ(s.C("organization_id"), v.OrganizationID),
		own(v, s),
	))
}

// GroupOrOwn reaches the groups of the viewer's organization and of those that the viewer is a member of.
func GroupOrOwn(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.Or(
		sql.EQ(s.C("organization_id"), v.OrganizationID),
		memberOf(v, s.C("organization_id")),
	))
}

// ColleagueOrSelf reaches the people who belong, or once belonged, to the viewer's organization, and the viewer.
func ColleagueOrSelf(v viewer.Viewer, s *sql.Selector) {
	m := sql.Table("memberships").As("colleague")
	s.Where(sql.Or(
		sql.EQ(s.C("id"), v.UserID),
		sql.Exists(sql.Select(m.C("id")).From(m).Where(sql.And(
			sql.EQ(m.C("organization_id"), v.OrganizationID),
			sql.ColumnsEQ(m.C("user_id"), s.C("id")),
		))),
	))
}

// WithTokenHash reaches the one API token that the viewer has come with.
func WithTokenHash(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.EQ(s.C("token_hash"), v.TokenHash))
}

// Self reaches the person's own row among the users.
func Self(v viewer.Viewer, s *sql.Selector) {
	s.Where(sql.EQ(s.C("id"), v.UserID))
}

func own(v viewer.Viewer, s *sql.Selector) *sql.Predicate {
	if v.UserID == "" {
		return sql.False()
	}
	return sql.EQ(s.C("user_id"), v.UserID)
}

func memberOf(v viewer.Viewer, organization string) *sql.Predicate {
	if v.UserID == "" {
		return sql.False()
	}
	m := sql.Table("memberships").As("own_membership")
	return sql.Exists(sql.Select(m.C("id")).From(m).Where(sql.And(
		sql.EQ(m.C("user_id"), v.UserID),
		sql.IsNull(m.C("ended_at")),
		sql.ColumnsEQ(m.C("organization_id"), organization),
	)))
}

// ForComponents reaches the rows of the organization that a part of the server acts for, and none for a person.
func ForComponents(v viewer.Viewer, s *sql.Selector) {
	if v.Component == "" {
		Nothing(v, s)
		return
	}
	InOrganization(v, s)
}
