package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
)

// ImportTurn is the place of an import in its organization's line, from when it may run until its job is done. Ids begin
// with the time, so that their order is the line's. It holds ids only, so that a sweep finds the organizations whose
// next import was forgotten.
type ImportTurn struct{ ent.Schema }

// Fields of the ImportTurn.
func (ImportTurn) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(idSize).NotEmpty().Immutable().StorageKey("import_id").
			Comment("The import."),
		organizationID(),
		field.Time("enqueued_at").Optional().Nillable().
			Comment("When its job was last known to be there; empty while it waits for one."),
	}
}

// Indexes of the ImportTurn.
func (ImportTurn) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "enqueued_at", "id").StorageKey("importturn_line")}
}

// Policy of the ImportTurn: workers only.
func (ImportTurn) Policy() ent.Policy {
	return rule.Policy{Visible: rule.ForComponents, Stamp: []rule.Stamp{rule.Organization()}}
}
