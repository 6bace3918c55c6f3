// Package schema declares the Ent types: columns, edges, indexes, checks and policies. The generated package ent is made from
// it (go generate), the migrations are the difference to what was there before (go run ./database/diff).
//
// It knows ent/rule, definition, prefixid and viewer. Foreign keys between rows of one tenant become composite keys
// that begin with the organization (database.Tables); the triggers stand beside the migrations.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"entrepot/prefixid"
)

// idSize is the most characters that a global id has.
const idSize = 64

// now is the time of new rows: UTC, to the millisecond, which is what the API shows.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func id(p prefixid.Prefix) ent.Field {
	return field.String("id").MaxLen(idSize).NotEmpty().Immutable().
		DefaultFunc(func() string { return prefixid.New(p) })
}

func organizationID() ent.Field {
	return field.String("organization_id").MaxLen(idSize).NotEmpty().Immutable()
}

func createdAt() ent.Field {
	return field.Time("created_at").Default(now).Immutable()
}

// updatedAt is set by the application on types that nothing subscribes to, and by a trigger on the others.
func updatedAt() ent.Field {
	return field.Time("updated_at").Default(now).UpdateDefault(now)
}

// tenantKey is what composite foreign keys refer to.
func tenantKey() ent.Index {
	return index.Fields("organization_id", "id").Unique()
}

// jsonText keeps the order of keys on both databases, which jsonb does not.
var jsonText = map[string]string{dialect.SQLite: "text", dialect.Postgres: "json"}
