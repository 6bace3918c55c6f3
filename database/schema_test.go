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
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		pending, err := db.Pending(t.Context(), database.Tables())
		require.NoError(t, err)
		require.Empty(t, pending, "run: go run ./database/diff <name>")

		tables := database.Tables()
		tables[0].Columns[1].Nullable = !tables[0].Columns[1].Nullable
		pending, err = db.Pending(t.Context(), tables)
		require.NoError(t, err)
		require.NotEmpty(t, pending, "a difference is seen")
		require.NotEqual(t, tables[0].Columns[1].Nullable, database.Tables()[0].Columns[1].Nullable, "a copy each time")
	})
}

func TestNothingCascades(t *testing.T) {
	t.Parallel()
	for _, table := range database.Tables() {
		for _, key := range table.ForeignKeys {
			require.Equal(t, schema.NoAction, key.OnDelete, key.Symbol)
			require.Equal(t, schema.NoAction, key.OnUpdate, key.Symbol)
		}
	}
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		read(t, db, func(ctx context.Context) {
			for _, key := range foreignKeys(ctx, t, db) {
				require.Equal(t, "NO ACTION", key.onDelete, key)
				require.Equal(t, "NO ACTION", key.onUpdate, key)
			}
		})
	})
}

type foreignKey struct {
	table, parent      string
	from, to           []string
	onDelete, onUpdate string
}

const (
	foreignKeysOfSQLite = `SELECT m.name AS child, f."table" AS parent, f.seq,
		f."from", f."to", f.on_delete, f.on_update
		FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`
	foreignKeysOfPostgres = `SELECT c.relname AS child, p.relname AS parent, k.ordinality - 1 AS seq,
		a.attname AS "from", b.attname AS "to",
		CASE confdeltype WHEN 'a' THEN 'NO ACTION' ELSE confdeltype::text END AS on_delete,
		CASE confupdtype WHEN 'a' THEN 'NO ACTION' ELSE confupdtype::text END AS on_update
		FROM pg_constraint f JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid,
			unnest(conkey, confkey) WITH ORDINALITY AS k(child, parent, ordinality),
			pg_attribute a, pg_attribute b
		WHERE contype = 'f' AND c.relnamespace = 'public'::regnamespace
			AND a.attrelid = c.oid AND a.attnum = k.child AND b.attrelid = p.oid AND b.attnum = k.parent
		ORDER BY c.relname, f.oid, k.ordinality`
)

// foreignKeys are those that the database itself has.
func foreignKeys(ctx context.Context, t testing.TB, db *database.DB) []foreignKey {
	t.Helper()
	text := foreignKeysOfSQLite
	if isPostgres(db) {
		text = foreignKeysOfPostgres
	}
	var keys []foreignKey
	for _, r := range query(ctx, t, db, text) {
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
	testdb.Each(t, func(t *testing.T, db *database.DB) {
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
				if slices.Contains(idsOnly, table.Name) { // for sweeps across tenants
					continue
				}
				for _, c := range table.Columns {
					if strings.HasSuffix(c.Name, "_id") {
						require.True(t, covered[table.Name+"."+c.Name], "%s.%s refers to nothing", table.Name, c.Name)
					}
				}
			}
		})
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

func TestNoRowPointsIntoAnotherOrganizationOnSQLite(t *testing.T) {
	t.Parallel()
	db := testdb.NewSQLite(t)
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

// Nobody is above the keys: the superuser, whom row-level security lets pass, meets them too.
func TestNoRowPointsIntoAnotherOrganizationOnPostgres(t *testing.T) {
	t.Parallel()
	db := testdb.NewPostgres(t)
	do(t, db, func(ctx context.Context) { fill(ctx, t, db) })
	var keys []foreignKey
	read(t, db, func(ctx context.Context) { keys = foreignKeys(ctx, t, db) })
	tx, err := testdb.Raw(t, db).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	run := func(text string, args ...any) (int64, error) {
		result, err := tx.ExecContext(t.Context(), text, args...)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	}
	for _, table := range database.Tables() {
		_, err := run("ALTER TABLE " + table.Name + " DISABLE TRIGGER USER")
		require.NoError(t, err)
	}
	tried := 0
	for _, key := range keys {
		if len(key.from) == 1 {
			continue
		}
		name := fmt.Sprintf("%s.%s", key.table, key.from[1])
		text := fmt.Sprintf("UPDATE %s SET %s = (SELECT %s FROM %s WHERE organization_id = $1) WHERE ctid = "+
			"(SELECT ctid FROM %[1]s WHERE organization_id = 'org-a' ORDER BY %[2]s IS NULL LIMIT 1)",
			key.table, key.from[1], key.to[1], key.parent)
		n, err := run(text, "org-a")
		require.NoError(t, err, name)
		require.EqualValues(t, 1, n, name)
		_, err = run("SAVEPOINT before")
		require.NoError(t, err)
		_, err = run(text, "org-b")
		c, ok := database.AsConstraint(err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, database.ForeignKey, c.Kind, name)
		_, err = run("ROLLBACK TO before")
		require.NoError(t, err)
		tried++
	}
	require.Greater(t, tried, 20)
	_, err = run(`UPDATE imports SET definition_organization_id = 'org-b', import_definition_id = 'def-org-b',
		definition_version_id = 'ver-org-b' WHERE id = 'imp-org-a'`)
	c, ok := database.AsConstraint(err)
	require.True(t, ok, err)
	require.Equal(t, "definition_own_or_system", c.Name)
}

func TestNoParentGoesWhileChildrenPointToIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *database.DB) {
		for _, table := range []string{
			"organizations", "users", "memberships", "groups", "sites", "import_definitions", "review_upload_histories", "imports",
		} {
			_, err := testdb.Raw(t, db).ExecContext(t.Context(), `DELETE FROM "`+table+`"`)
			c, ok := database.AsConstraint(err)
			require.True(t, ok, "%s: %v", table, err)
			require.Equal(t, database.ForeignKey, c.Kind, table)
		}
	})
}

// logical is what both kinds of database must agree on, from their own catalogs.
type logical struct {
	columns, unique, indexes, keys []string
}

func logicalSchema(t *testing.T, db *database.DB) (l logical) {
	t.Helper()
	columns := `SELECT m.name AS tab, p.name AS col, p."notnull" = 0 AND p.pk = 0 AS nullable
		FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'goose%'`
	indexes := `SELECT m.name AS tab, l."unique" = 1 AS uniq, (SELECT group_concat(name, ',') FROM
		(SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) AS cols
		FROM sqlite_master m, pragma_index_list(m.name) l
		WHERE m.type = 'table' AND l.origin <> 'pk' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'goose%'`
	if isPostgres(db) {
		columns = `SELECT c.relname AS tab, a.attname AS col, NOT a.attnotnull AS nullable
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
				AND c.relname NOT IN ('goose_db_version', 'applied_steps', 'server_secrets')`
		indexes = `SELECT c.relname AS tab, i.indisunique AS uniq, (SELECT string_agg(a.attname, ',' ORDER BY k.n)
			FROM unnest(i.indkey) WITH ORDINALITY k(col, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.col) AS cols
			FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
			WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary
				AND c.relname NOT IN ('goose_db_version', 'applied_steps', 'server_secrets')`
	}
	read(t, db, func(ctx context.Context) {
		for _, r := range query(ctx, t, db, columns) {
			nullable := r["nullable"] == true || r["nullable"] == int64(1)
			l.columns = append(l.columns, fmt.Sprintf("%s.%s nullable: %t", r["tab"], r["col"], nullable))
		}
		for _, r := range query(ctx, t, db, indexes) {
			line := fmt.Sprintf("%s(%s)", r["tab"], r["cols"])
			if r["uniq"] == true || r["uniq"] == int64(1) {
				l.unique = append(l.unique, line)
			} else {
				l.indexes = append(l.indexes, line)
			}
		}
		for _, k := range foreignKeys(ctx, t, db) {
			l.keys = append(l.keys, fmt.Sprintf("%s(%s) to %s(%s)", k.table, k.from, k.parent, k.to))
		}
	})
	for _, list := range [][]string{l.columns, l.unique, l.indexes, l.keys} {
		require.NotEmpty(t, list)
		slices.Sort(list)
	}
	return l
}

func TestBothKindsHaveTheSameSchema(t *testing.T) {
	t.Parallel()
	lite, post := testdb.NewSQLite(t), testdb.NewPostgres(t)
	require.Equal(t, logicalSchema(t, lite), logicalSchema(t, post))

	// Checks and triggers by their names, which AsConstraint tells.
	names := func(db *database.DB, text string) (found []string) {
		read(t, db, func(ctx context.Context) {
			for _, r := range query(ctx, t, db, text) {
				found = append(found, r["name"].(string))
			}
		})
		slices.Sort(found)
		return found
	}
	var checks []string
	for _, table := range database.Tables() {
		if table.Annotation != nil {
			for name := range table.Annotation.Checks {
				checks = append(checks, name)
				read(t, lite, func(ctx context.Context) {
					require.Len(t, query(ctx, t, lite, "SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE ?",
						table.Name, "%CONSTRAINT `"+name+"` CHECK%"), 1, name)
				})
			}
		}
	}
	slices.Sort(checks)
	require.Equal(t, checks, names(post, "SELECT conname AS name FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 "+
		"AND connamespace = 'public'::regnamespace"))
	require.Equal(t,
		names(lite, "SELECT name FROM sqlite_master WHERE type = 'trigger'"),
		names(post, "SELECT tgname AS name FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "+
			"WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace"))
}
