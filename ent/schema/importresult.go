package schema

import (
	"encoding/json"

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

// ImportResult is the outcome of an import for one site and one period.
type ImportResult struct{ ent.Schema }

// Fields of the ImportResult.
func (ImportResult) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.Result),
		organizationID(),
		field.String("import_id").MaxLen(idSize).Immutable(),
		field.Int("attempt").NonNegative().Immutable().
			Comment("The attempt of the import that wrote it."),
		field.String("site_key").Default("").Immutable().
			Comment("Empty for an import without a site column, so that the unique index counts it; null in the API."),
		field.String("site_id").MaxLen(idSize).Optional().Nillable().Immutable(),
		field.Int("year").Immutable(),
		field.Enum("period_unit").GoType(definition.PeriodUnit("")).Immutable(),
		field.Int("period").Immutable(),
		field.JSON("processed_data", json.RawMessage{}).SchemaType(jsonText).Immutable().
			Comment("Canonical JSON, keys in output order."),
		field.Int64("rows_processed").NonNegative().Immutable(),
		field.Int64("rows_rejected").NonNegative().Default(0).Immutable(),
		createdAt(),
	}
}

// Edges of the ImportResult.
func (ImportResult) Edges() []ent.Edge {
	return []ent.Edge{
		// No edge to the organization: the import's key holds it, and a second key costs a fifth of writing the results.
		edge.From("import", ImportRun.Type).Ref("results").Field("import_id").Unique().Required().Immutable(),
		edge.To("site", Site.Type).Field("site_id").Unique().Immutable(),
	}
}

// Indexes of the ImportResult.
func (ImportResult) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "import_id", "year", "period_unit", "period", "site_key").Unique(),
		// The organization's results by period: those of many imports of the same period are next to each other.
		index.Fields("organization_id", "year", "period_unit", "period", "site_key", "import_id"),
		// Narrow, since each index costs a fifth of writing the results, and the databases sort what one site has.
		index.Fields("organization_id", "site_key"),
	}
}

// Annotations of the ImportResult.
func (ImportResult) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Checks: map[string]string{
		"year_of_four_digits": "year BETWEEN 1 AND 9999",
		"period_in_unit": "(period_unit = 'YEARLY' AND period = 1) OR (period_unit = 'QUARTERLY' AND period BETWEEN 1 AND 4)" +
			" OR (period_unit = 'MONTHLY' AND period BETWEEN 1 AND 12)",
	}}}
}

// Policy of the ImportResult: its organization reads it, workers write it.
func (ImportResult) Policy() ent.Policy {
	return rule.Policy{Visible: rule.InOrganization, Stamp: []rule.Stamp{rule.Organization()}}
}
