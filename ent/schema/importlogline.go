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
)

// ImportLogLine is a line that the processor of an import has written to its console. It may quote cells, and so belongs
// to the group of the import's history.
type ImportLogLine struct{ ent.Schema }

// Fields of the ImportLogLine.
func (ImportLogLine) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.LogLine),
		organizationID(),
		field.String("group_id").MaxLen(idSize).Immutable(),
		field.String("import_id").MaxLen(idSize).Immutable(),
		field.Int("position").NonNegative().Immutable().
			Comment("The order within the import: by site, then as written."),
		field.Enum("level").GoType(definition.LogLevel("")).Immutable(),
		field.Text("message").Immutable(),
		field.String("site_key").Optional().Nillable().Immutable(),
		createdAt(),
	}
}

// Edges of the ImportLogLine.
func (ImportLogLine) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Required().Immutable(),
		edge.From("import", ImportRun.Type).Ref("log").Field("import_id").Unique().Required().Immutable(),
	}
}

// Indexes of the ImportLogLine.
func (ImportLogLine) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "import_id", "position").Unique()}
}

// Annotations of the ImportLogLine.
func (ImportLogLine) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "import_log_lines"}}
}

// Policy of the ImportLogLine: the history's group reads it, workers write it.
func (ImportLogLine) Policy() ent.Policy {
	return rule.Policy{Visible: rule.InGroup, Stamp: []rule.Stamp{rule.Organization()}}
}
