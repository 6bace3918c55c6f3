package main

import (
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/internal/testdb"
)

// imported waits until the demonstration's imports have ended, and lists what they are and came to.
func (p *program) imported(t *testing.T, bearer string) string {
	t.Helper()
	const list = `{"query": "{ imports { nodes { id status fileName results { totalCount } } } }"}`
	for {
		status, body := p.ask(t, http.MethodPost, "/graphql", list, "Authorization", "Bearer "+bearer)
		require.Equal(t, http.StatusOK, status, body)
		if strings.Count(body, `"id"`) == 4 && !strings.Contains(body, "PENDING") && !strings.Contains(body, "PROCESSING") {
			return body
		}
	}
}

// TestABackupOfSQLiteIsWhole makes the backup that docs/postgresql.md describes, of a running server.
func TestABackupOfSQLiteIsWhole(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	bearer := token(t, p.data)
	before := p.imported(t, bearer)

	backup := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(p.data, "entrepot.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "VACUUM INTO ?", filepath.Join(backup, "entrepot.db"))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, os.CopyFS(filepath.Join(backup, "bucket"), os.DirFS(filepath.Join(p.data, "bucket"))))
	secret, err := os.ReadFile(filepath.Join(p.data, "secret"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(backup, "secret"), secret, 0o600))
	require.Equal(t, exitOK, p.stop(), p.log)

	restored := start(t, backup)
	require.Equal(t, before, restored.imported(t, bearer), "with the same secret the same tokens count")
}

// client is a program of PostgreSQL's that stands beside its server.
func client(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
		require.NotEmpty(t, found, "%s is not installed", name)
		path = slices.Max(found)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stderr = t.Output()
	return cmd
}

// elsewhere is a database's URL with another role or database.
func elsewhere(t *testing.T, address, role, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	if role != "" {
		u.User = url.User(role)
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// TestABackupOfPostgreSQLIsWhole makes the backup that docs/postgresql.md describes, of a running server, with a role that
// row-level security shows everything, and restores it as the owner.
func TestABackupOfPostgreSQLIsWhole(t *testing.T) {
	t.Parallel()
	c, superuser := testdb.EmptyPostgres(t)
	folder := t.TempDir()
	app := []string{"--database-url", c.URL, "--bucket-url", "file://" + filepath.Join(folder, "bucket")}
	p := start(t, t.TempDir(), append(app, "--migrate-database-url", c.MigrateURL, "--demo")...)
	bearer := token(t, p.data, app...)
	before := p.imported(t, bearer)

	db, err := sql.Open("postgres", superuser)
	require.NoError(t, err)
	defer db.Close()
	name := strings.TrimPrefix(mustParse(t, c.URL).Path, "/")
	backup, copied := name+"_backup", name+"_copy"
	for _, text := range []string{
		"CREATE ROLE " + backup + " LOGIN BYPASSRLS", "GRANT pg_read_all_data TO " + backup,
		"CREATE DATABASE " + copied + " OWNER entrepot_owner TEMPLATE template0 ENCODING 'UTF8'",
	} {
		_, err := db.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		db, err := sql.Open("postgres", elsewhere(t, superuser, "", "postgres"))
		require.NoError(t, err)
		defer db.Close()
		for _, text := range []string{"DROP DATABASE " + copied + " WITH (FORCE)", "DROP ROLE " + backup} {
			_, err := db.Exec(text)
			require.NoError(t, err)
		}
	})

	file := filepath.Join(folder, "entrepot.dump")
	require.Error(t, client(t, "pg_dump", "--format=custom", "--file="+file, "--dbname="+c.MigrateURL).Run(),
		"row-level security holds for the owner too")
	require.NoError(t, client(t, "pg_dump", "--format=custom", "--file="+file, "--dbname="+elsewhere(t, c.URL, backup, "")).Run())
	require.NoError(t, client(t, "pg_restore", "--no-owner", "--exit-on-error",
		"--dbname="+elsewhere(t, c.MigrateURL, "", copied), file).Run())
	require.NoError(t, os.CopyFS(filepath.Join(folder, "copy"), os.DirFS(filepath.Join(folder, "bucket"))))
	require.Equal(t, exitOK, p.stop(), p.log)

	code, _, log := run(t, "migrate", "--migrate-database-url", elsewhere(t, c.MigrateURL, "", copied))
	require.Equal(t, exitOK, code, log)
	restored := start(t, p.data, "--database-url", elsewhere(t, c.URL, "", copied),
		"--bucket-url", "file://"+filepath.Join(folder, "copy"))
	require.Equal(t, before, restored.imported(t, bearer), "with the same secret the same tokens count")
	require.Equal(t, exitOK, restored.stop(), restored.log)
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}
