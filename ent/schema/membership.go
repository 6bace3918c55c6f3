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

// Membership is a person's place and role in an organization. It is ended, never deleted, so that what the person did
// stays readable.
type Membership struct{ ent.Schema }

// Fields of the Membership.
func (Membership) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Membership),
		organizationID(),
		field.String("user_id").MaxLen(idSize).Immutable(),
		field.Enum("role").GoType(viewer.Role("")),
		createdAt(),
		updatedAt(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Edges of the Membership.
func (Membership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Membership.
func (Membership) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "user_id").Unique(),
		index.Fields("user_id"),
	}
}

// Policy of the Membership: its organization reads it, and the person; owners write it.
func (Membership) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.MembershipOrOwn, Owned: rule.InOrganization,
		Stamp: []rule.Stamp{rule.Organization()}, Write: viewer.RoleOwner,
	}
}
