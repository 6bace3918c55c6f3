package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"entrepot/ent/migrate/migrations"
)

// Roles is the script that makes the roles on a PostgreSQL server, for a superuser; see its comment.
//
//go:embed roles.sql
var Roles string

// migrationLock is the advisory lock of whoever migrates. Any number will do that nobody else takes.
const migrationLock = 0x656e747265706f74 // “entrepot”

// step is a file that is run again whenever it, or what a database has of it, is another.
type step struct {
	name, text string
	clear      string // drops what the file does not name any more
	state      string // a query for all that the file makes, as one text
}

var steps = []step{
	{
		name: "triggers", text: migrations.PostgresTriggers,
		clear: `DO $$ DECLARE t record; BEGIN
			FOR t IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
				WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace
			LOOP EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tab); END LOOP; END $$`,
		state: `SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
			SELECT concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) AS line FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
				WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace
			UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
				WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f') s`,
	},
	{
		name: "policies", text: migrations.PostgresPolicies,
		clear: `DO $$ DECLARE p record; BEGIN
			FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = current_schema()
			LOOP EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename); END LOOP; END $$`,
		state: `SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
			SELECT concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check) AS line
				FROM pg_policies WHERE schemaname = current_schema()
			UNION ALL SELECT concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity) FROM pg_class
				WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
			UNION ALL SELECT concat_ws(' ', relname, r.rolname, a.privilege_type, a.is_grantable)
				FROM pg_class, aclexplode(relacl) a JOIN pg_roles r ON r.oid = a.grantee
				WHERE relnamespace = current_schema()::regnamespace AND a.grantee <> relowner) s`,
	},
	{
		name: "grants on the queue's tables",
		text: `GRANT USAGE ON SCHEMA river TO entrepot_app;
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO entrepot_app;
			GRANT USAGE ON ALL SEQUENCES IN SCHEMA river TO entrepot_app;
			REVOKE INSERT, UPDATE, DELETE ON river.river_migration FROM entrepot_app;`,
		state: `SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
			SELECT concat_ws(' ', relname, relkind, relacl) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
				WHERE nspname = 'river' AND relkind IN ('r', 'p', 'S')) s`,
	},
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// owner opens a pool as the role that owns the tables. Statements may take long; waiting for locks, behind which every
// other statement waits, may not.
func (d *DB) owner(ctx context.Context) (*sql.DB, error) {
	c, err := postgresConfig("the URL for migrations", d.migrateURL)
	if err != nil {
		return nil, err
	}
	pool, err := openPool(c, 3, map[string]time.Duration{"lock_timeout": lockTimeout})
	if err != nil {
		return nil, err
	}
	if err := d.awaitServer(ctx, pool, connectWait); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func (d *DB) migratePostgres(ctx context.Context) (err error) {
	if d.migrateURL == "" {
		return d.upToDate(ctx, d.readers)
	}
	pool, err := d.owner(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	unlock, err := lockPostgres(ctx, pool)
	if err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()

	var role bool
	row := pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrepot_app')")
	if err := row.Scan(&role); err != nil {
		return err
	}
	if !role {
		return errors.New("the server has no role entrepot_app: run database/roles.sql as a superuser, once")
	}
	if err := d.migratePostgresTables(ctx, pool); err != nil {
		return err
	}
	for _, text := range []string{
		`CREATE TABLE IF NOT EXISTS applied_steps (name text PRIMARY KEY, file text NOT NULL, state text NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS server_secrets (name text PRIMARY KEY, value bytea NOT NULL)`, // see SharedSecret
	} {
		if _, err := pool.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	if err := d.migrateRiverPostgres(ctx, pool); err != nil {
		return fmt.Errorf("make the tables of River: %w", err)
	}
	for _, s := range steps {
		if err := d.apply(ctx, pool, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return reserveOrganization(ctx, pool)
}

// riverSchema is where River's tables are.
const riverSchema = "river"

func (d *DB) migrateRiverPostgres(ctx context.Context, pool *sql.DB) error {
	if _, err := pool.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+riverSchema); err != nil {
		return err
	}
	m, err := rivermigrate.New(riverPostgres{riverdatabasesql.New(pool)},
		&rivermigrate.Config{Logger: d.log, Schema: riverSchema})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// riverPostgres has the two methods that River wants of a driver since this one was published. Migrations call neither.
type riverPostgres struct{ *riverdatabasesql.Driver }

func (riverPostgres) SQLFragmentColumnContainsAll(string, string, []string) (string, any, error) {
	return "", nil, errors.ErrUnsupported
}

func (riverPostgres) SQLFragmentColumnContainsAny(string, string, []string) (string, any, error) {
	return "", nil, errors.ErrUnsupported
}

// lockPostgres keeps other processes from migrating. The server gives the lock back when its holder dies. Goose's own
// locker asks every few seconds, and covers only what goose does.
func lockPostgres(ctx context.Context, pool *sql.DB) (unlock func() error, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		"SET lock_timeout = 0", fmt.Sprintf("SELECT pg_advisory_lock(%d)", int64(migrationLock)),
	} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SELECT pg_advisory_unlock(%d)", int64(migrationLock)))
		return errors.Join(err, conn.Close())
	}, nil
}

func (d *DB) postgresFiles() fs.FS {
	if d.migrations != nil {
		return d.migrations
	}
	return migrations.Postgres()
}

// migratePostgresTables applies the goose files, each in a transaction that records it.
func (d *DB) migratePostgresTables(ctx context.Context, pool *sql.DB) error {
	files := d.postgresFiles()
	if names, err := fs.Glob(files, "*.sql"); err != nil || len(names) == 0 {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		d.log.InfoContext(ctx, "migrated the database", "file", r.Source.Path, "duration", r.Duration)
	}
	return err
}

// apply runs a step, all or nothing, unless the database has it already.
func (d *DB) apply(ctx context.Context, pool *sql.DB, s step) error {
	had, err := s.recorded(ctx, pool)
	if err != nil {
		return err
	}
	if had != nil && had.file == digest(s.text) {
		if state, err := s.present(ctx, pool); err != nil || had.state == state {
			return err
		}
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, text := range []string{s.clear, s.text} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	state, err := s.present(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO applied_steps (name, file, state) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET file = EXCLUDED.file, state = EXCLUDED.state`,
		s.name, digest(s.text), state); err != nil {
		return err
	}
	d.log.InfoContext(ctx, "made anew in the database", "what", s.name)
	return tx.Commit()
}

type record struct{ file, state string }

// recorded is what was written down when the step was last run; nil where it never was.
func (s step) recorded(ctx context.Context, q queryer) (*record, error) {
	var r record
	err := q.QueryRowContext(ctx, "SELECT file, state FROM applied_steps WHERE name = $1", s.name).Scan(&r.file, &r.state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// present is the digest of what the database has of the step.
func (s step) present(ctx context.Context, q queryer) (string, error) {
	var all string
	if err := q.QueryRowContext(ctx, s.state).Scan(&all); err != nil {
		return "", err
	}
	return digest(all), nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// reserveOrganization makes org-system. Row-level security holds for the owner too, so it acts for that organization.
func reserveOrganization(ctx context.Context, pool *sql.DB) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	who, err := identity{organization: SystemOrganization}.statement()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, who); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO organizations (id, name, slug, created_at, updated_at)
		SELECT $1::text, 'System', 'system', t, t FROM date_trunc('milliseconds', clock_timestamp()) t
		WHERE NOT EXISTS (SELECT FROM organizations WHERE id = $1::text)`, SystemOrganization); err != nil {
		return fmt.Errorf("make the reserved organization: %w", err)
	}
	return tx.Commit()
}

// upToDate says what is missing, where this process may not add it.
func (d *DB) upToDate(ctx context.Context, q queryer) error {
	const run = "run “entrepot migrate” with MIGRATE_DATABASE_URL, the role that owns the tables, or start the server with it"
	missing, newer, err := d.missing(ctx, q)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("the database lacks the migrations %s: %s", strings.Join(missing, ", "), run)
	}
	for _, s := range steps {
		had, err := s.recorded(ctx, q)
		if err != nil {
			return err
		}
		if had == nil || (had.file != digest(s.text) && !newer) {
			return fmt.Errorf("the database has other %s than this program: %s", s.name, run)
		}
		state, err := s.present(ctx, q)
		if err != nil {
			return err
		}
		if state != had.state {
			return fmt.Errorf("the %s of the database were changed since they were made: %s", s.name, run)
		}
	}
	return nil
}

// missing are the files that were not applied; newer tells that the database knows some that this program does not.
func (d *DB) missing(ctx context.Context, q queryer) (missing []string, newer bool, err error) {
	names, err := fs.Glob(d.postgresFiles(), "*.sql")
	if err != nil {
		return nil, false, err
	}
	applied := make(map[int64]bool)
	rows, err := q.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0")
	if sqlState(err) == "42P01" { // no such table
		return names, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return nil, false, err
		}
		applied[version] = true
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, false, err
		}
		if !applied[version] {
			missing = append(missing, name)
		}
		delete(applied, version)
	}
	slices.Sort(missing)
	return missing, len(applied) > 0, rows.Err()
}

// postgresMigration is the goose file of the changes. Goose runs it in a transaction.
func postgresMigration(changes []*atlas.Change) string {
	var b strings.Builder
	b.WriteString("-- +goose Up\n")
	for _, c := range changes {
		if c.Comment != "" {
			fmt.Fprintf(&b, "-- %s\n", c.Comment)
		}
		fmt.Fprintf(&b, "%s;\n", c.Cmd)
	}
	return b.String()
}
