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

// ImportRun is an Import: one execution of one definition version on one uploaded file. Ent refuses the keyword as a
// name; the table is imports and the API says Import.
//
// Triggers refuse illegal changes of status, progress that goes back, and imports of a file that was erased; they set
// revision and updated_at.
type ImportRun struct{ ent.Schema }

// Fields of the ImportRun.
func (ImportRun) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Import),
		organizationID(),
		field.String("group_id").MaxLen(idSize).Immutable().
			Comment("The group of the upload history: who sees the file's name and content."),
		field.String("user_id").MaxLen(idSize).Immutable(),
		field.Int64("upload_history_id").Immutable(),

		field.String("definition_organization_id").MaxLen(idSize).Immutable().
			Comment("The import's own organization, or org-system for a system-wide definition."),
		field.String("import_definition_id").MaxLen(idSize).Immutable(),
		field.String("definition_version_id").MaxLen(idSize).Immutable(),
		field.Int("definition_version").Positive().Immutable(),
		field.Int("year").Optional().Nillable().Immutable(),
		field.JSON("requested_mapping", []definition.ColumnMapping{}).Optional().Immutable().
			Comment("As given at the start."),
		field.JSON("column_mapping", []definition.ColumnMapping{}).Optional().
			Comment("As it was used: which header fed which column."),
		field.JSON("format", definition.Format{}).Immutable(),
		field.Enum("on_invalid_row").GoType(definition.InvalidRowPolicy("")).Immutable(),

		field.Enum("status").GoType(definition.ImportStatus("")).Default(string(definition.ImportPending)),
		field.Text("error").Optional().Nillable(),
		field.Enum("error_code").GoType(definition.ImportErrorCode("")).Optional().Nillable(),
		field.JSON("error_params", []definition.Param{}).Optional(),
		field.JSON("warnings", []definition.Warning{}).Optional(),
		field.JSON("error_groups", []definition.ErrorGroup{}).Optional(),
		field.String("rejected_rows_key").MaxLen(1024).Optional().Nillable().
			Comment("The object with the rows that were set aside."),

		field.Time("row_errors_erased_at").Optional().Nillable().
			Comment("Since when what it kept of its file's cells is gone: row errors, set-aside rows, the log."),
		field.Time("results_erased_at").Optional().Nillable().
			Comment("Since when its results are gone, because of their age."),

		field.String("file_name").MaxRuneLen(255).Immutable(),
		field.Int64("file_size").Optional().Nillable(),
		field.String("sha256").MaxLen(64).Optional().Nillable(),
		field.Int64("source_generation").Optional().Nillable().
			Comment("The object's generation that is read; another one is SOURCE_CHANGED."),

		field.Int64("row_count").NonNegative().Optional().Nillable(),
		field.Int64("processed_row_count").NonNegative().Default(0),
		field.Int64("accepted_row_count").NonNegative().Default(0),
		field.Int64("rejected_row_count").NonNegative().Default(0),
		field.Int64("blank_row_count").NonNegative().Default(0),
		field.Int("result_count").NonNegative().Default(0),

		field.Int("attempt").NonNegative().Default(0),
		field.Int("crashed_attempts").NonNegative().Default(0).
			Comment("How many attempts died with their worker; the third ends the import."),
		field.Int64("revision").Default(1),
		createdAt(),
		field.Time("started_at").Optional().Nillable(),
		field.Time("processed_at").Optional().Nillable(),
		field.Time("updated_at").Default(now),

		field.Time("cancel_requested_at").Optional().Nillable(),
		field.String("canceled_by_id").MaxLen(idSize).Optional().Nillable(),
		field.Text("cancel_reason").MaxRuneLen(255).Optional().Nillable(),

		field.String("retry_of_id").MaxLen(idSize).Optional().Nillable().Immutable(),
		field.String("correction_of_id").MaxLen(idSize).Optional().Nillable().Immutable(),
		field.String("superseded_by_id").MaxLen(idSize).Optional().Nillable(),

		field.String("idempotency_mutation").MaxLen(64).Optional().Nillable().Immutable(),
		field.String("idempotency_key").MaxRuneLen(255).Optional().Nillable().Immutable(),
		field.String("idempotency_hash").MaxLen(64).Optional().Nillable().Immutable().
			Comment("SHA-256 of the input: the same key with another input is refused."),
	}
}

// Edges of the ImportRun.
func (ImportRun) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Required().Immutable(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
		edge.To("upload_history", ReviewUploadHistory.Type).Field("upload_history_id").Unique().Required().Immutable(),
		edge.To("definition", ImportDefinition.Type).Field("import_definition_id").Unique().Required().Immutable(),
		edge.To("ran_with", ImportDefinitionVersion.Type).Field("definition_version_id").Unique().Required().Immutable(),
		edge.To("canceled_by", User.Type).Field("canceled_by_id").Unique(),
		edge.To("retries", ImportRun.Type).Immutable().
			From("retry_of").Field("retry_of_id").Unique().Immutable(),
		edge.To("corrections", ImportRun.Type).Immutable().
			From("correction_of").Field("correction_of_id").Unique().Immutable(),
		edge.To("supersedes", ImportRun.Type).
			From("superseded_by").Field("superseded_by_id").Unique(),
		edge.To("results", ImportResult.Type),
		edge.To("row_errors", ImportRowError.Type),
		edge.To("log", ImportLogLine.Type),
	}
}

// Indexes of the ImportRun.
func (ImportRun) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "idempotency_mutation", "idempotency_key").Unique(),
		index.Fields("organization_id", "created_at", "id"),
		index.Fields("organization_id", "status", "created_at", "id"),
		index.Fields("organization_id", "updated_at", "id"),
		index.Fields("organization_id", "upload_history_id", "created_at"),
		index.Fields("organization_id", "definition_organization_id", "import_definition_id", "created_at"),
	}
}

// Annotations of the ImportRun.
func (ImportRun) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{
		Table: "imports",
		Checks: map[string]string{
			"definition_own_or_system": "definition_organization_id = organization_id OR definition_organization_id = 'org-system'",
			"rows_add_up":              "processed_row_count = accepted_row_count + rejected_row_count",
			"final_has_time":           "(status IN ('PENDING', 'PROCESSING')) = (processed_at IS NULL)",
			"failed_has_code":          "(status = 'FAILED') = (error_code IS NOT NULL)",
		},
	}}
}

// Policy of the ImportRun: its organization reads it, collectors write it.
func (ImportRun) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InOrganization,
		Stamp:   []rule.Stamp{rule.Organization(), rule.Group(), rule.User("user_id")},
		Write:   viewer.RoleCollector,
	}
}
