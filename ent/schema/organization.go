package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"entrepot/ent/rule"
	"entrepot/prefixid"
)

// Organization is the tenant. The reserved one, org-system, owns system-wide definitions.
type Organization struct{ ent.Schema }

// Fields of the Organization.
func (Organization) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Organization),
		field.String("name").MaxRuneLen(255).NotEmpty(),
		field.String("slug").MaxRuneLen(63).NotEmpty().Unique(),
		createdAt(),
		updatedAt(),
	}
}

// Policy of the Organization: members read it, the server writes it.
func (Organization) Policy() ent.Policy {
	return rule.Policy{Visible: rule.OrganizationItself, Owned: rule.Nothing}
}
