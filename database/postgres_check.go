package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Check verifies what row-level security on PostgreSQL stands on, as the application's own role: the server's version, the
// role, the policies of every table of tenants, and that nothing is missing that Migrate would add. Its error names all
// that is wrong and says what to do; a server must not start with one. On SQLite there is nothing to check.
func (d *DB) Check(ctx context.Context) error {
	if !d.isPostgres() {
		return nil
	}
	var problems []error
	for _, check := range []func(context.Context) error{
		d.checkVersion, d.checkRole,
		func(ctx context.Context) error { return d.upToDate(ctx, d.readers) },
		d.checkTables,
	} {
		if err := check(ctx); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the database is not fit for use: %w", errors.Join(problems...))
	}
	return nil
}

// checkVersion refuses servers with known holes in row-level security (CVE-2025-8713 and older).
func (d *DB) checkVersion(ctx context.Context) error {
	var number int
	var name, encoding string
	if err := d.readers.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int,
		current_setting('server_version'), current_setting('server_encoding')`).Scan(&number, &name, &encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s: make it anew with --encoding=UTF8, see database/roles.sql", encoding)
	}
	return versionProblem(number, name)
}

func versionProblem(number int, name string) error {
	least := map[int]int{15: 14, 16: 10, 17: 6}
	major, minor := number/10000, number%10000
	if wanted, known := least[major]; major < 15 || (known && minor < wanted) {
		return fmt.Errorf("PostgreSQL %s has known holes in row-level security: update it to 15.14, 16.10, 17.6 or later", name)
	}
	return nil
}

// checkRole refuses roles that row-level security does not hold for, or that could become one.
func (d *DB) checkRole(ctx context.Context) error {
	const instead = "use a role as database/roles.sql makes it, such as entrepot"
	var name, powers, owned string
	var member bool
	if err := d.readers.QueryRowContext(ctx, `SELECT current_user,
		coalesce((SELECT string_agg(CASE WHEN rolsuper THEN 'superuser' ELSE 'BYPASSRLS' END || ' as ' || rolname, ', ')
			FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')), ''),
		coalesce((SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
			AND pg_has_role(current_user, relowner, 'MEMBER')), ''),
		coalesce((SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = 'entrepot_app'), false)`,
	).Scan(&name, &powers, &owned, &member); err != nil {
		return err
	}
	switch {
	case powers != "":
		return fmt.Errorf("row-level security does not hold for the role %s (%s): %s", name, powers, instead)
	case owned != "":
		return fmt.Errorf("the role %s owns tables (%s) and could switch row-level security off: %s", name, owned, instead)
	case !member:
		return fmt.Errorf("the role %s is no member of entrepot_app: GRANT entrepot_app TO %[1]s, or %s", name, instead)
	}
	return nil
}

// checkTables asks the catalog, not our list of tables, so that nothing that somebody added is forgotten.
func (d *DB) checkTables(ctx context.Context) (err error) {
	rows, err := d.readers.QueryContext(ctx, `SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
		EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
		FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
		AND c.relname NOT IN ('import_leases', 'import_turns', 'organization_sweeps')
		AND (c.relname IN ('organizations', 'users') OR EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = c.oid AND a.attname IN ('organization_id', 'group_id') AND NOT a.attisdropped))
		ORDER BY c.relname`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var open []string
	for rows.Next() {
		var table string
		var forced, policy bool
		if err := rows.Scan(&table, &forced, &policy); err != nil {
			return err
		}
		if !forced || !policy {
			open = append(open, table)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("row-level security is not enabled, not forced or without a policy on %s: run “entrepot migrate”",
			strings.Join(open, ", "))
	}
	return rows.Err()
}
