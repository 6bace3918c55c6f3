package database_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/internal/testdb"
)

func TestNoPendingMigration(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	pending, err := db.Pending(t.Context(), database.Tables())
	require.NoError(t, err)
	require.Empty(t, pending, "run: go run ./database/diff <name>")

	tables := database.Tables()
	tables[0].Columns[1].Nullable = !tables[0].Columns[1].Nullable
	pending, err = db.Pending(t.Context(), tables)
	require.NoError(t, err)
	require.NotEmpty(t, pending, "a difference is seen")
	require.NotEqual(t, tables[0].Columns[1].Nullable, database.Tables()[0].Columns[1].Nullable, "a copy each time")
}

func TestNothingCascades(t *testing.T) {
	t.Parallel()
	for _, table := range database.Tables() {
		for _, key := range table.ForeignKeys {
			require.Equal(t, schema.NoAction, key.OnDelete, key.Symbol)
			require.Equal(t, schema.NoAction, key.OnUpdate, key.Symbol)
		}
	}
	db := testdb.New(t)
	read(t, db, func(ctx context.Context) {
		for _, key := range foreignKeys(ctx, t, db) {
			require.Equal(t, "NO ACTION", key.onDelete, key)
			require.Equal(t, "NO ACTION", key.onUpdate, key)
		}
	})
}

type foreignKey struct {
	table, parent      string
	from, to           []string
	onDelete, onUpdate string
}

// foreignKeys are those that the database itself has.
func foreignKeys(ctx context.Context, t testing.TB, db *database.DB) []foreignKey {
	t.Helper()
	var keys []foreignKey
	for _, r := range query(ctx, t, db, `SELECT m.name AS child, f."table" AS parent, f.seq,
		f."from", f."to", f.on_delete, f.on_update
		FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`) {
		if r["seq"].(int64) == 0 {
			keys = append(keys, foreignKey{
				table: r["child"].(string), parent: r["parent"].(string),
				onDelete: r["on_delete"].(string), onUpdate: r["on_update"].(string),
			})
		}
		last := &keys[len(keys)-1]
		last.from, last.to = append(last.from, r["from"].(string)), append(last.to, r["to"].(string))
	}
	require.NotEmpty(t, keys)
	return keys
}

// A reference that forgot its tenant is found here, and so is a column that looks like a reference and is none.
func TestReferencesCarryTheTenant(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	read(t, db, func(ctx context.Context) {
		covered := make(map[string]bool)
		for _, key := range foreignKeys(ctx, t, db) {
			for _, c := range key.from {
				covered[key.table+"."+c] = true
			}
			single := key.parent == "organizations" ||
				(key.parent == "users" && (key.table == "memberships" || key.table == "import_definition_versions"))
			if single {
				require.Len(t, key.from, 1, "%+v", key)
				continue
			}
			tenant := "organization_id"
			if key.table == "imports" && strings.HasPrefix(key.parent, "import_definition") {
				tenant = "definition_organization_id"
			}
			require.Len(t, key.from, 2, "%+v", key)
			require.Equal(t, []string{tenant, "organization_id"}, []string{key.from[0], key.to[0]}, "%+v", key)
			if key.parent == "memberships" {
				require.Equal(t, "user_id", key.to[1], "%+v", key)
			} else {
				require.Equal(t, "id", key.to[1], "%+v", key)
			}
		}
		for _, table := range database.Tables() {
			if table.Name == "import_leases" { // ids only, for sweeps across tenants
				continue
			}
			for _, c := range table.Columns {
				if strings.HasSuffix(c.Name, "_id") {
					require.True(t, covered[table.Name+"."+c.Name], "%s.%s refers to nothing", table.Name, c.Name)
				}
			}
		}
	})
}

// SQLite takes a foreign key to columns without a unique index, and refuses every row afterwards.
func TestParentsHaveTheUniqueIndex(t *testing.T) {
	t.Parallel()
	for _, table := range database.Tables() {
		for _, key := range table.ForeignKeys {
			var want []string
			for _, c := range key.RefColumns {
				want = append(want, c.Name)
			}
			if len(want) == 1 {
				continue
			}
			require.True(t, slices.ContainsFunc(key.RefTable.Indexes, func(i *schema.Index) bool {
				var have []string
				for _, c := range i.Columns {
					have = append(have, c.Name)
				}
				return i.Unique && slices.Equal(have, want)
			}), "%s needs a unique index on %v, for %s", key.RefTable.Name, want, key.Symbol)
		}
	}
}

func TestNoRowPointsIntoAnotherOrganization(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	rollBack := errors.New("roll back")
	tried := 0
	err := db.Do(t.Context(), "without triggers", func(ctx context.Context) error {
		for _, trigger := range query(ctx, t, db, "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
			execute(ctx, t, db, "DROP TRIGGER "+trigger["name"].(string))
		}
		for _, key := range foreignKeys(ctx, t, db) {
			if len(key.from) == 1 {
				continue
			}
			name := fmt.Sprintf("%s.%s", key.table, key.from[1])
			// The own organization's parent will do, the other one's will not.
			point := func(organization string) error {
				return db.Do(ctx, "point", func(ctx context.Context) error {
					text := fmt.Sprintf("UPDATE `%s` SET `%s` = (SELECT `%s` FROM `%s` WHERE organization_id = ?) WHERE rowid = "+
						"(SELECT rowid FROM `%s` WHERE organization_id = 'org-a' ORDER BY `%s` IS NULL LIMIT 1)",
						key.table, key.from[1], key.to[1], key.parent, key.table, key.from[1])
					result, err := db.ExecContext(ctx, text, organization)
					if err == nil {
						n, _ := result.RowsAffected()
						require.EqualValues(t, 1, n, name)
					}
					return err
				})
			}
			require.NoError(t, point("org-a"), name)
			c, ok := database.AsConstraint(point("org-b"))
			require.True(t, ok, name)
			require.Equal(t, database.ForeignKey, c.Kind, name)
			tried++
		}
		return rollBack
	})
	require.ErrorIs(t, err, rollBack)
	require.Greater(t, tried, 20)

	// Taking the definition's organization along does not help either.
	err = db.Do(t.Context(), "foreign definition", func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, `UPDATE imports SET definition_organization_id = 'org-b',
			import_definition_id = 'def-org-b',
			definition_version_id = 'ver-org-b' WHERE id = 'imp-org-a'`)
		return err
	})
	c, ok := database.AsConstraint(err)
	require.True(t, ok, err)
	require.Equal(t, database.Check, c.Kind)
	require.Equal(t, "definition_own_or_system", c.Name)
}

func TestNoParentGoesWhileChildrenPointToIt(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	for _, table := range []string{
		"organizations", "users", "memberships", "groups", "sites", "import_definitions", "review_upload_histories", "imports",
	} {
		err := db.Do(t.Context(), "delete", func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, "DELETE FROM `"+table+"`")
			return err
		})
		c, ok := database.AsConstraint(err)
		require.True(t, ok, "%s: %v", table, err)
		require.Equal(t, database.ForeignKey, c.Kind, table)
	}
}
