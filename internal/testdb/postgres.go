package testdb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/ent/migrate/migrations"
	"entrepot/internal/pgserver"
)

// ServerVariable names the environment variable with the URL of a superuser's database on a throw-away server that runs
// already, so that all processes of a run share one. Without it each process that needs one starts its own.
const ServerVariable = "ENTREPOT_TEST_POSTGRES"

// The roles of database/roles.sql.
const (
	ownerRole = "entrepot_owner"
	appRole   = "entrepot"
)

// NewPostgres is New on PostgreSQL. Where no server is installed the test is skipped, or fails where CI is set.
func NewPostgres(t testing.TB, options ...Option) *database.DB {
	t.Helper()
	s := postgres(t)
	name, err := s.clone()
	require.NoError(t, err)
	all, err := sql.Open("postgres", s.url(name, ""))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, all.Close())
		require.NoError(t, s.drop(name))
	})
	all.SetMaxOpenConns(2)
	db := open(t, database.Config{
		URL: s.url(name, appRole), MigrateURL: s.url(name, ownerRole),
		Connections: database.Connections{Readers: 4, Writers: 3, Jobs: 2},
	}, options)
	raw.Store(db, all)
	t.Cleanup(func() { raw.Delete(db) })
	return db
}

// EmptyPostgres is a database without tables: how to open it, and the URL of a superuser.
func EmptyPostgres(t testing.TB) (c database.Config, superuser string) {
	t.Helper()
	s := postgres(t)
	name := databaseName()
	require.NoError(t, s.do("CREATE DATABASE "+name+" OWNER "+ownerRole))
	t.Cleanup(func() { require.NoError(t, s.drop(name)) })
	return database.Config{
		URL: s.url(name, appRole), MigrateURL: s.url(name, ownerRole),
		Connections: database.Connections{Readers: 4, Writers: 3, Jobs: 2},
	}, s.url(name, "")
}

func postgres(t testing.TB) *server {
	t.Helper()
	s, err := startPostgres()
	if errors.Is(err, pgserver.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip("NOT TESTED ON POSTGRESQL: ", err)
	}
	require.NoError(t, err)
	return s
}

// server is a throw-away server with a migrated database to copy.
type server struct {
	address  *url.URL // of a superuser
	pool     *sql.DB
	template string
}

var startPostgres = sync.OnceValues(func() (*server, error) {
	ctx := context.Background()
	address := os.Getenv(ServerVariable)
	if address == "" {
		started, err := pgserver.Start(ctx)
		if err != nil {
			return nil, err
		}
		address = started.URL(pgserver.Superuser, "postgres") // it ends with this process
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ServerVariable, err)
	}
	s := &server{address: u}
	if s.pool, err = sql.Open("postgres", address); err != nil {
		return nil, err
	}
	s.pool.SetMaxOpenConns(4)
	return s, s.prepare(ctx)
})

// prepare makes the roles and the template, unless another process has done so: its name is that of all that it holds.
func (s *server) prepare(ctx context.Context) error {
	sum, err := contents()
	if err != nil {
		return err
	}
	s.template = "template_" + sum
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, text := range []string{"SELECT pg_advisory_lock(1)", database.Roles} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	defer func() { _, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock(1)") }()
	var made bool
	row := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.template)
	if err := row.Scan(&made); err != nil || made {
		return err
	}
	name := databaseName()
	if err := s.do("CREATE DATABASE " + name + " OWNER " + ownerRole); err != nil {
		return err
	}
	if err := database.Migrate(ctx, database.Config{MigrateURL: s.url(name, ownerRole)}); err != nil {
		return errors.Join(err, s.drop(name))
	}
	return s.do("ALTER DATABASE " + name + " RENAME TO " + s.template)
}

// contents is a digest of what a template is made from.
func contents() (string, error) {
	sum := sha256.New()
	fmt.Fprint(sum, migrations.PostgresTriggers, migrations.PostgresPolicies, database.Roles)
	names, err := fs.Glob(migrations.Postgres(), "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Postgres(), name)
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, name, string(text))
	}
	return hex.EncodeToString(sum.Sum(nil)[:6]), nil
}

func databaseName() string { return "test_" + strings.ToLower(rand.Text()) }

func (s *server) clone() (string, error) {
	name := databaseName()
	return name, s.do("CREATE DATABASE " + name + " OWNER " + ownerRole + " TEMPLATE " + s.template)
}

func (s *server) drop(name string) error {
	return s.do("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
}

func (s *server) do(text string) error {
	if _, err := s.pool.ExecContext(context.Background(), text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// url is where a role finds a database; the superuser where it is empty.
func (s *server) url(name, role string) string {
	u := *s.address
	u.Path = "/" + name
	if role != "" {
		u.User = url.User(role)
	}
	return u.String()
}
