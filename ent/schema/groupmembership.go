package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// GroupMembership is a member's place in a group. It is ended, never deleted.
type GroupMembership struct{ ent.Schema }

// Fields of the GroupMembership.
func (GroupMembership) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Membership),
		organizationID(),
		field.String("group_id").MaxLen(idSize).Immutable(),
		field.String("user_id").MaxLen(idSize).Immutable(),
		createdAt(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Edges of the GroupMembership.
func (GroupMembership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Required().Immutable(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the GroupMembership.
func (GroupMembership) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "group_id", "user_id").Unique(),
		index.Fields("user_id"),
	}
}

// Policy of the GroupMembership: its organization reads it, and the person; owners write it.
func (GroupMembership) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.MembershipOrOwn, Owned: rule.InOrganization,
		Stamp: []rule.Stamp{rule.Organization()}, Write: viewer.RoleOwner,
	}
}
