package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/definition"
	"entrepot/ent/rule"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// body is what a definition and each of its versions hold.
type body struct{ ent.Schema }

func (body) fields() []ent.Field {
	return []ent.Field{
		field.JSON("input_schema", []definition.Column{}),
		field.JSON("output_schema", []definition.Output{}),
		field.Text("processor_code").Optional().Nillable(),
		field.JSON("format", definition.Format{}),
		field.Enum("on_invalid_row").GoType(definition.InvalidRowPolicy("")).Default(string(definition.InvalidRowFail)),
		field.Enum("on_unknown_site").GoType(definition.UnknownSitePolicy("")).Default(string(definition.UnknownSiteAccept)),
	}
}

// ImportDefinition says which columns a file has and what comes out of them. It carries the fields of its current
// version; the system-wide ones belong to org-system.
type ImportDefinition struct{ ent.Schema }

// Fields of the ImportDefinition.
func (ImportDefinition) Fields() []ent.Field {
	return append([]ent.Field{
		id(prefixid.Definition),
		organizationID(),
		field.String("name").MaxRuneLen(255).NotEmpty(),
		field.String("normalized_name").MaxRuneLen(1024).NotEmpty().Optional().Nillable().
			Comment("By definition.NormalizeName; null once archived, so that the name is free again."),
		field.Text("description").MaxRuneLen(4000).Optional().Nillable(),
		field.Int("version").Positive().Default(1),
		field.Time("archived_at").Optional().Nillable(),
		createdAt(),
		updatedAt(),
	}, body{}.fields()...)
}

// Edges of the ImportDefinition.
func (ImportDefinition) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("versions", ImportDefinitionVersion.Type),
	}
}

// Indexes of the ImportDefinition.
func (ImportDefinition) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "normalized_name").Unique(),
		index.Fields("organization_id", "name", "id"),
	}
}

// Policy of the ImportDefinition: its organization reads it, and the system-wide ones; managers write their own.
func (ImportDefinition) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InOrganizationOrSystemWide, Owned: rule.InOrganization,
		Stamp: []rule.Stamp{rule.Organization()}, Write: viewer.RoleManager,
	}
}

// ImportDefinitionVersion is one immutable state of a definition; an import pins the one that it ran with.
type ImportDefinitionVersion struct{ ent.Schema }

// Fields of the ImportDefinitionVersion.
func (ImportDefinitionVersion) Fields() []ent.Field {
	fields := []ent.Field{
		id(prefixid.Version),
		organizationID(),
		field.String("import_definition_id").MaxLen(idSize).Immutable(),
		field.Int("number").Positive().Immutable(),
		field.String("created_by_id").MaxLen(idSize).Optional().Nillable().Immutable(),
		createdAt(),
	}
	return append(fields, body{}.fields()...)
}

// Edges of the ImportDefinitionVersion.
func (ImportDefinitionVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.From("definition", ImportDefinition.Type).Ref("versions").
			Field("import_definition_id").Unique().Required().Immutable(),
		edge.To("created_by", User.Type).Field("created_by_id").Unique().Immutable(),
	}
}

// Indexes of the ImportDefinitionVersion.
func (ImportDefinitionVersion) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "import_definition_id", "number").Unique(),
	}
}

// Annotations of the ImportDefinitionVersion.
func (ImportDefinitionVersion) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Checks: map[string]string{"number_from_1": "number >= 1"}}}
}

// Policy of the ImportDefinitionVersion: as the definition's.
func (ImportDefinitionVersion) Policy() ent.Policy { return ImportDefinition{}.Policy() }
