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

// Site is a place that results belong to.
type Site struct{ ent.Schema }

// Fields of the Site.
func (Site) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Site),
		organizationID(),
		field.String("key").MaxRuneLen(255).NotEmpty(),
		field.String("name").MaxRuneLen(255).NotEmpty(),
		field.Strings("aliases").Default([]string{}),
		createdAt(),
		updatedAt(),
	}
}

// Edges of the Site.
func (Site) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("names", SiteName.Type),
	}
}

// Indexes of the Site.
func (Site) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "key").Unique(),
		index.Fields("organization_id", "name", "id"),
		index.Fields("organization_id", "created_at", "id"),
	}
}

// Policy of the Site: its organization reads it, managers write it.
func (Site) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InOrganization,
		Stamp:   []rule.Stamp{rule.Organization()}, Write: viewer.RoleManager,
	}
}

// SiteName is one spelling (key, name or alias) in the form that spellings are compared in. The unique index makes all
// spellings of an organization's sites unique together.
type SiteName struct{ ent.Schema }

// Fields of the SiteName.
func (SiteName) Fields() []ent.Field {
	return []ent.Field{
		organizationID(),
		field.String("site_id").MaxLen(idSize).Immutable(),
		field.String("normalized").MaxRuneLen(1024).NotEmpty().Immutable().
			Comment("By definition.NormalizeName."),
	}
}

// Edges of the SiteName.
func (SiteName) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.From("site", Site.Type).Ref("names").Field("site_id").Unique().Required().Immutable(),
	}
}

// Indexes of the SiteName.
func (SiteName) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "normalized").Unique(),
		index.Fields("organization_id", "site_id"),
	}
}

// Policy of the SiteName: as the Site's.
func (SiteName) Policy() ent.Policy { return Site{}.Policy() }
