package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/ent/rule"
)

// OrganizationSweep says when an organization is looked through next for what is to be erased. Every organization has one,
// made with it by a trigger. It holds ids only, so that a sweep finds all organizations and then acts as a worker of each.
type OrganizationSweep struct{ ent.Schema }

// Fields of the OrganizationSweep.
func (OrganizationSweep) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(idSize).NotEmpty().Immutable().StorageKey("organization_id").
			Comment("The organization."),
		field.Time("due_at").Default(func() time.Time { return time.Unix(0, 0).UTC() }).
			Comment("From then on somebody is to look; whoever does sets it on."),
	}
}

// Indexes of the OrganizationSweep.
func (OrganizationSweep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("due_at")}
}

// Policy of the OrganizationSweep: parts of the server that act across organizations only.
func (OrganizationSweep) Policy() ent.Policy {
	return rule.Policy{Visible: rule.Nothing}
}
