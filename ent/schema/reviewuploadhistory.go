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

// ReviewUploadHistory is one uploaded file: name, gs:// path, who, which group, and what its check found.
//
// Triggers refuse illegal changes of status, changes of what is said of an erased file, and the erasing of one that an import
// reads; they set revision and updated_at.
type ReviewUploadHistory struct{ ent.Schema }

// Fields of the ReviewUploadHistory.
func (ReviewUploadHistory) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().DefaultFunc(prefixid.NewNumber),
		organizationID(),
		field.String("group_id").MaxLen(idSize).Immutable(),
		field.String("user_id").MaxLen(idSize).Immutable(),
		field.String("file_name").MaxRuneLen(255).NotEmpty().Immutable(),
		field.String("gcs_path").MaxRuneLen(2048).NotEmpty().Immutable(),
		field.String("unique_path").MaxRuneLen(2048).Optional().Nillable().Immutable().
			Comment("The path, where there is no error reason of the client's: unique per organization."),
		field.Int("status").GoType(definition.UploadStatus(0)).Default(int(definition.UploadNotyet)),
		field.String("error_reason").MaxRuneLen(255).Optional().Nillable(),
		field.Time("validated_at").Optional().Nillable(),
		field.Int64("revision").Default(1),
		createdAt(),
		field.Time("updated_at").Default(now),
		field.Time("deleted_at").Optional().Nillable(),

		field.Int64("expected_size").Optional().Nillable().Immutable().
			Comment("As announced when the upload URL was issued."),
		field.String("expected_sha256").MaxLen(64).Optional().Nillable().Immutable(),
		field.Int64("generation").Optional().Nillable(),
		field.Int64("file_size").Optional().Nillable(),
		field.String("sha256").MaxLen(64).Optional().Nillable(),
		field.Int64("row_count").Optional().Nillable(),
		field.JSON("detected_format", &definition.DetectedFormat{}).Optional(),
		field.JSON("columns", []definition.DetectedColumn{}).Optional(),
		field.JSON("warnings", []definition.Warning{}).Optional(),
		field.JSON("format", &definition.Format{}).Optional().
			Comment("As it was said when the file was last checked again; empty where all of it is found out."),
		field.Time("errors_erased_at").Optional().Nillable().
			Comment("Since when the row errors of the check are gone: with the file, or because of their age."),
	}
}

// Edges of the ReviewUploadHistory.
func (ReviewUploadHistory) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Required().Immutable(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
		edge.To("errors", ImportRowError.Type),
	}
}

// Indexes of the ReviewUploadHistory.
func (ReviewUploadHistory) Indexes() []ent.Index {
	return []ent.Index{
		tenantKey(),
		index.Fields("organization_id", "unique_path").Unique(),
		index.Fields("organization_id", "group_id", "created_at", "id"),
		index.Fields("organization_id", "group_id", "updated_at", "id"),
		// The same content again. Histories are stored without a hash, and cost nothing here until it is known.
		index.Fields("organization_id", "group_id", "sha256").Annotations(entsql.IndexWhere("sha256 IS NOT NULL")),
	}
}

// Annotations of the ReviewUploadHistory.
func (ReviewUploadHistory) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{
		Table: "review_upload_histories",
		Checks: map[string]string{
			"status_0_to_3":     "status BETWEEN 0 AND 3",
			"number_of_53_bits": "id BETWEEN 1 AND 9007199254740991",
		},
	}}
}

// Policy of the ReviewUploadHistory: its group reads it, collectors of the group write it.
func (ReviewUploadHistory) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InGroup,
		Stamp:   []rule.Stamp{rule.Organization(), rule.Group(), rule.User("user_id")},
		Write:   viewer.RoleCollector,
	}
}
