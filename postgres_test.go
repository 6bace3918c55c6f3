package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"entrepot/internal/testdb"
)

// run calls the program with arguments, and gives its exit code and what it printed and logged.
func run(t *testing.T, args ...string) (code int, out, log string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), args, &stdout, &stderr, none)
	return code, stdout.String(), stderr.String()
}

func TestOnPostgreSQL(t *testing.T) {
	t.Parallel()
	c, superuser := testdb.EmptyPostgres(t)
	folder := t.TempDir()
	data, bucket := filepath.Join(folder, "data"), "file://"+filepath.Join(folder, "bucket")
	app := []string{"--database-url", c.URL, "--bucket-url", bucket}

	code, _, log := run(t, append(app, "--data", data)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, log, "entrepot migrate")
	for range 2 {
		code, out, log := run(t, "migrate", "--migrate-database-url", c.MigrateURL)
		require.Equal(t, exitOK, code, log)
		require.Equal(t, "The database is up to date.\n", out)
	}
	code, _, log = run(t, "migrate", "--database-url", c.URL, "--migrate-database-url", c.MigrateURL)
	require.Equal(t, exitOK, code, log)
	for url, reason := range map[string]string{c.MigrateURL: "owns tables", superuser: "superuser"} {
		code, _, log = run(t, "--database-url", url, "--bucket-url", bucket, "--data", data)
		require.Equal(t, exitFailed, code)
		require.Contains(t, log, reason)
	}

	empty := start(t, data, app...)
	require.Empty(t, empty.code, "there is nobody to sign in")
	demo := append(app, "--demo")
	one, two := start(t, data, demo...), start(t, data, demo...)
	require.NotEmpty(t, one.code)
	bearer := token(t, data, app...)
	for _, p := range []*program{empty, one, two} {
		require.Equal(t, owner, p.whoAmI(t, bearer), "all share the database and its secret")
	}
	status, body := two.ask(t, http.MethodPost, "/auth/exchange", `{"code": "`+one.code+`"}`)
	require.Equal(t, http.StatusUnauthorized, status, body, "a code is good in the process that printed it")
	require.NoDirExists(t, data)

	code, out, log := run(t, append([]string{
		"organization", "create", "--name", "Ours", "--owner", "olga@ours.example", "--group", "Crew",
	}, app...)...)
	require.Equal(t, exitOK, code, log)
	require.Regexp(t, `^org-\S+\n$`, out)
	const olga = "olga@ours.example Ours Crew OWNER"
	require.Equal(t, olga, one.whoAmI(t, token(t, data, append(app, "--user", "olga@ours.example")...)))
	require.Equal(t, olga, two.whoAmI(t, token(t, data, append(app, "--organization", "ours")...)))
}

func TestAnOrganizationOfOnesOwnOnSQLite(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	code, out, log := run(t, "organization", "create", "--data", data, "--name", "Ours",
		"--owner", "olga@ours.example", "--group", "Crew")
	require.Equal(t, exitOK, code, log)
	require.Regexp(t, `^org-\S+\n$`, out)
	p := start(t, data)
	require.Empty(t, p.code, "the demonstration is for an empty database")
	require.Equal(t, "olga@ours.example Ours Crew OWNER", p.whoAmI(t, token(t, data, "--user", "olga@ours.example")))
	code, _, log = run(t, "organization", "create", "--data", data, "--name", "Ours", "--owner", "nobody")
	require.Equal(t, exitFailed, code)
	require.Contains(t, log, "must be an e-mail address")
}

func TestWithAnIdentityProvider(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("provided", 4)
	provider := []string{"--jwt-secret", secret, "--oidc-issuer", "https://id.example/", "--oidc-audience", "entrepot"}
	p := start(t, t.TempDir(), append(provider, "--addr", "0.0.0.0:0", "--url", "https://entrepot.example")...)
	require.Empty(t, p.code)
	require.Equal(t, "https://entrepot.example", p.address)
	p.address = p.listening(t)

	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, nil)
	require.NoError(t, err)
	bearer, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": "https://id.example/", "aud": "entrepot", "sub": "1", "email": "owner@demo.example",
		"exp": time.Now().Add(time.Hour).Unix(),
	}).Serialize()
	require.NoError(t, err)
	require.Equal(t, owner, p.whoAmI(t, bearer))
	require.Equal(t, owner, p.whoAmI(t, bearer, "Host", "entrepot.example"))
	built := token(t, p.data)
	status, _ := p.ask(t, http.MethodPost, "/graphql", whoAmI, "Authorization", "Bearer "+built)
	require.Equal(t, http.StatusUnauthorized, status, "the built-in sign-in is off")
	for path, want := range map[string]int{
		"/graphiql": http.StatusNotFound, "/auth/exchange": http.StatusNotFound, "/": http.StatusOK, "/readyz": http.StatusOK,
	} {
		status, _ := p.ask(t, http.MethodGet, path, "")
		require.Equal(t, want, status, path)
	}
	const introspection = `{"query": "{ __schema { types { name } } }"}`
	_, body := p.ask(t, http.MethodPost, "/graphql", introspection, "Authorization", "Bearer "+bearer)
	require.NotContains(t, body, "ImportDefinition")
	code, out, log := run(t, append([]string{"token", "--data", p.data}, provider...)...)
	require.Equal(t, exitFailed, code)
	require.Empty(t, out)
	require.Contains(t, log, "identity provider")
}

// postgresIn starts or stops a server in a folder, as scripts/postgres does for people, and gives its URLs.
func postgresIn(t *testing.T, command, folder string) (app, owner string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "scripts/postgres", command, folder)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(out), "\n") {
		if url, ok := strings.CutPrefix(line, "DATABASE_URL="); ok {
			app = url
		}
		if url, ok := strings.CutPrefix(line, "MIGRATE_DATABASE_URL="); ok {
			owner = url
		}
	}
	return app, owner
}

// shortFolder is a folder with a path that a socket can have, and that another user can reach.
func shortFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "ent") //nolint:usetesting // the test's own is too long, and closed to others
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	return folder
}

func TestTheDatabaseGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	testdb.EmptyPostgres(t) // or the test is skipped, or fails, where there is no server to start
	folder := filepath.Join(shortFolder(t), "pg")
	app, owner := postgresIn(t, "start", folder)
	up := true
	t.Cleanup(func() {
		if up {
			cmd := exec.Command("scripts/postgres", "stop", folder)
			require.NoError(t, cmd.Run())
		}
	})
	p := start(t, t.TempDir(), "--database-url", app, "--migrate-database-url", owner, "--demo")
	bearer := "Bearer " + token(t, p.data, "--database-url", app)
	ready := func() int {
		status, _ := p.ask(t, http.MethodGet, "/readyz", "")
		return status
	}
	require.Equal(t, http.StatusOK, ready())

	for range 2 {
		postgresIn(t, "stop", folder)
		up = false
		require.Equal(t, http.StatusServiceUnavailable, ready())
		status, body := p.ask(t, http.MethodPost, "/graphql", whoAmI, "Authorization", bearer)
		require.Equal(t, http.StatusServiceUnavailable, status, body)
		require.Contains(t, body, "SERVICE_UNAVAILABLE")
		const older = "/api/v1/general/upload-file/gcs"
		status, body = p.ask(t, http.MethodGet, older+"/histories/list", "", "Authorization", bearer)
		require.Equal(t, http.StatusServiceUnavailable, status, body)
		status, body = p.ask(t, http.MethodPost, older+"/upload-history",
			`{"file_name": "a.csv", "gcs_path": "gs://local/a"}`, "Authorization", bearer)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.JSONEq(t, `{"message": "The history could not be stored"}`, body)

		postgresIn(t, "start", folder)
		up = true
		require.Equal(t, http.StatusOK, ready(), "at the first request")
		require.Equal(t, "owner@demo.example Demonstration Measurements OWNER", p.whoAmI(t, strings.TrimPrefix(bearer, "Bearer ")))
	}
	// Jobs are worked again too.
	worker := &process{t: t, address: p.address, token: strings.TrimPrefix(bearer, "Bearer ")}
	file := filepath.Join(t.TempDir(), "reviews.csv")
	require.NoError(t, os.WriteFile(file, []byte("product,date,rating\nPen,2026-01-02,4\n"), 0o600))
	id := worker.start(worker.upload(file), worker.definition("Product reviews"))
	require.Equal(t, 1, worker.until(id, func(s state) bool { return s.Status == "COMPLETED" }).AcceptedRowCount)

	// A stop that finds connections cut is a stop like any other.
	postgresIn(t, "stop", folder)
	postgresIn(t, "start", folder)
	require.Equal(t, exitOK, p.stop(), p.log)
}
