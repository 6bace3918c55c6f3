package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
	"entrepot/viewer"
)

// IssuedUpload is a signed URL that was handed out: what was announced about the file, and for whom.
type IssuedUpload struct{ ent.Schema }

// Fields of the IssuedUpload.
func (IssuedUpload) Fields() []ent.Field {
	return []ent.Field{
		organizationID(),
		field.String("group_id").MaxLen(idSize).Immutable(),
		field.String("user_id").MaxLen(idSize).Immutable(),
		field.String("gcs_path").MaxRuneLen(2048).NotEmpty().Immutable(),
		field.String("file_name").MaxRuneLen(255).NotEmpty().Immutable(),
		field.String("content_type").MaxRuneLen(255).Immutable(),
		field.Int64("size").NonNegative().Immutable(),
		field.String("sha256").MaxLen(64).Optional().Nillable().Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("swept_at").Optional().Nillable().
			Comment("Since when it is known that no history has the file, which was erased then."),
		createdAt(),
	}
}

// Edges of the IssuedUpload.
func (IssuedUpload) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Field("organization_id").Unique().Required().Immutable(),
		edge.To("group", Group.Type).Field("group_id").Unique().Required().Immutable(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the IssuedUpload.
func (IssuedUpload) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "gcs_path").Unique()}
}

// Policy of the IssuedUpload: its group reads it, collectors of the group write it.
func (IssuedUpload) Policy() ent.Policy {
	return rule.Policy{
		Visible: rule.InGroup,
		Stamp:   []rule.Stamp{rule.Organization(), rule.Group(), rule.User("user_id")},
		Write:   viewer.RoleCollector,
	}
}
