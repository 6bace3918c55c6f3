package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// APIToken is a bearer token for programs: its maker, in one organization and group, with a role of its own. It is revoked,
// never deleted.
type APIToken struct{ ent.Schema }

// Fields of the APIToken.
func (APIToken) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.APIToken),
		organizationID(),
		field.String("group_id").MaxLen(idSize).Optional().Nillable().Immutable().
			Comment("The maker's group when it was made; null where the maker had none."),
		field.String("created_by_id").MaxLen(idSize).Immutable(),
		field.String("name").MaxRuneLen(255).NotEmpty().Immutable(),
		field.Enum("role").GoType(viewer.Role("")).Immutable().
			Comment("The most that it may do; its maker's role caps it at every use."),
		field.String("token_hash").MaxLen(64).MinLen(64).Sensitive().Immutable().Unique().
			Comment("SHA-256 of the secret, hexadecimal. Unique over all organizations: it is looked up before one is known."),
		createdAt(),
		field.Time("last_used_at").Optional().Nillable().
			Comment("To the minute or so."),
		field.Time("expires_at").Optional().Nillable().Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Edges of the APIToken.
func (APIToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Immutable(),
		edge.To("created_by", User.Type).Field("created_by_id").Unique().Required().Immutable(),
	}
}

// Indexes of the APIToken.
func (APIToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "created_at", "id")}
}

// Annotations of the APIToken.
func (APIToken) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{
		Table:  "api_tokens",
		Checks: map[string]string{"hash_of_64_digits": "length(token_hash) = 64"},
	}}
}

// Policy of the APIToken: the owners of its organization read and write it, and whoever comes with it is found by it.
func (APIToken) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InOrganization, Read: viewer.RoleOwner, Bearer: rule.WithTokenHash,
		Stamp: []rule.Stamp{rule.Organization(), rule.GroupIfAny(), rule.User("created_by_id")},
		Write: viewer.RoleOwner,
	}
}
