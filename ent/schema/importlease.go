package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
)

// ImportLease says which worker runs which attempt of an import, and until when it is believed alive. It holds ids only,
// so that a sweep finds expired ones across tenants and then acts as a worker of the one that it found.
type ImportLease struct{ ent.Schema }

// Fields of the ImportLease.
func (ImportLease) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(idSize).NotEmpty().Immutable().StorageKey("import_id").
			Comment("The import."),
		organizationID(),
		field.Int("attempt").Positive(),
		field.String("worker").MaxLen(128).NotEmpty(),
		field.Time("expires_at"),
	}
}

// Indexes of the ImportLease.
func (ImportLease) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at")}
}

// Policy of the ImportLease: workers only.
func (ImportLease) Policy() ent.Policy {
	return rule.Policy{Visible: rule.ForComponents, Stamp: []rule.Stamp{rule.Organization()}}
}
