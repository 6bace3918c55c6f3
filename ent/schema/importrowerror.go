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

// ImportRowError is one thing that is wrong in one row: of an import, or of the check of an upload history. What belongs
// to a history carries the history's group.
type ImportRowError struct{ ent.Schema }

// Fields of the ImportRowError.
func (ImportRowError) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.RowError),
		organizationID(),
		field.String("import_id").MaxLen(idSize).Optional().Nillable().Immutable(),
		field.Int64("upload_history_id").Optional().Nillable().Immutable(),
		field.String("group_id").MaxLen(idSize).Optional().Nillable().Immutable().
			Comment("Set for the errors of a history only."),
		field.Int("position").NonNegative().Immutable().
			Comment("The order within the import or the history: by row, then by column."),
		field.Int64("row").NonNegative().Immutable(),
		field.Int64("line").Optional().Nillable().Immutable(),
		field.Text("column").Optional().Nillable().Immutable(),
		field.Enum("code").GoType(definition.RowErrorCode("")).Immutable(),
		field.Text("value").MaxRuneLen(200).Optional().Nillable().Immutable(),
		field.Text("message").Immutable(),
		field.JSON("params", []definition.Param{}).Optional().Immutable(),
	}
}

// Edges of the ImportRowError.
func (ImportRowError) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.From("import", ImportRun.Type).Ref("row_errors").Field("import_id").Unique().Immutable(),
		edge.From("upload_history", ReviewUploadHistory.Type).Ref("errors").Field("upload_history_id").Unique().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Immutable(),
	}
}

// Indexes of the ImportRowError.
func (ImportRowError) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "import_id", "position").Unique(),
		index.Fields("organization_id", "upload_history_id", "position").Unique(),
	}
}

// Annotations of the ImportRowError.
func (ImportRowError) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Checks: map[string]string{
		"one_owner":        "(import_id IS NULL) <> (upload_history_id IS NULL)",
		"history_in_group": "(upload_history_id IS NULL) = (group_id IS NULL)",
	}}}
}

// Policy of the ImportRowError: an import's are read by its organization, a history's by its group; workers write them.
func (ImportRowError) Policy() ent.Policy {
	return rule.Policy{Visible: rule.InOrganizationOrOfGroup, Stamp: []rule.Stamp{rule.Organization()}}
}
