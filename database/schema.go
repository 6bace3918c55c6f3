package database

import (
	"slices"

	"entgo.io/ent/dialect/sql/schema"

	"entrepot/ent/migrate"
)

const (
	tenant           = "organization_id"
	definitionTenant = "definition_organization_id" // of imports: the tenant, or org-system
)

// Tables is the desired schema: Ent's, with foreign keys that carry the tenant, so that no row can point into another
// organization: (organization_id, x_id) refers to (organization_id, id) of the parent, and a person within an
// organization is a membership there. Nothing cascades. The caller may change what it gets.
//
// Single keys remain to organizations; to users from memberships, and from the versions of definitions, whose authors
// of system-wide ones are no members of org-system.
func Tables() []*schema.Table {
	tables, err := schema.CopyTables(migrate.Tables)
	if err != nil {
		panic(err) // generated tables refer to each other only
	}
	memberships := tables[slices.IndexFunc(tables, func(t *schema.Table) bool { return t.Name == "memberships" })]
	for _, t := range tables {
		wrapChecks(t)
		for _, key := range t.ForeignKeys {
			key.OnDelete, key.OnUpdate = schema.NoAction, schema.NoAction
			composite(t, key, memberships)
		}
	}
	return tables
}

// composite puts the tenant into a foreign key of one column.
func composite(t *schema.Table, key *schema.ForeignKey, memberships *schema.Table) {
	own, ok := t.Column(tenant)
	if !ok || key.RefTable.Name == "organizations" {
		return
	}
	if key.RefTable.Name == "users" {
		if t.Name == "memberships" || t.Name == "import_definition_versions" {
			return
		}
		user, _ := memberships.Column("user_id")
		key.RefTable, key.RefColumns = memberships, []*schema.Column{user}
	}
	if t.Name == "imports" &&
		(key.RefTable.Name == "import_definitions" || key.RefTable.Name == "import_definition_versions") {
		own, _ = t.Column(definitionTenant)
	}
	parent, ok := key.RefTable.Column(tenant)
	if !ok {
		return
	}
	key.Columns = append([]*schema.Column{own}, key.Columns...)
	key.RefColumns = append([]*schema.Column{parent}, key.RefColumns...)
}

// wrapChecks puts parentheses around conditions: Atlas takes "(a) OR (b)" for one that has them.
func wrapChecks(t *schema.Table) {
	if t.Annotation == nil {
		return
	}
	checks := make(map[string]string, len(t.Annotation.Checks))
	for name, condition := range t.Annotation.Checks {
		checks[name] = "(" + condition + ")"
	}
	t.Annotation.Checks = checks // the annotation is the copy's, the map was not
}
