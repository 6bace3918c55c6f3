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

// Group is a set of users within an organization; upload histories belong to one.
type Group struct{ ent.Schema }

// Fields of the Group.
func (Group) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Group),
		organizationID(),
		field.String("name").MaxRuneLen(255).NotEmpty(),
		createdAt(),
		updatedAt(),
	}
}

// Edges of the Group.
func (Group) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Group.
func (Group) Indexes() []ent.Index {
	return []ent.Index{tenantKey(), index.Fields("organization_id", "name").Unique()}
}

// Policy of the Group: its organization reads it, owners write it.
func (Group) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.GroupOrOwn, Owned: rule.InOrganization,
		Stamp: []rule.Stamp{rule.Organization()}, Write: viewer.RoleOwner,
	}
}
