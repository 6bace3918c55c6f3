package main

import (
	"bytes"
	"crypto/rsa"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/internal/testdb"
	"entrepot/storage"
)

// examine calls the doctor, and gives the exit code, the lines that say that something is well, and what is wrong.
func examine(t *testing.T, values map[string]string, args ...string) (code int, well []string, wrong string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), append([]string{"doctor"}, args...), &stdout, &stderr, env(values))
	for line := range strings.Lines(stdout.String()) {
		if name, ok := strings.CutPrefix(line, "ok    "); ok {
			well = append(well, strings.TrimSpace(name))
		} else {
			wrong += line
		}
	}
	require.Equal(t, wrong == "", code == exitOK, stderr.String())
	return code, well, wrong
}

func TestTheDoctorOfTheEmbeddedDefault(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	_, well, wrong := examine(t, nil, "--data", data)
	require.Empty(t, wrong)
	require.Len(t, well, 4)
	require.NoFileExists(t, data, "the doctor makes nothing")

	p := start(t, data)
	_, well, wrong = examine(t, nil, "--data", data)
	require.Empty(t, wrong)
	require.Contains(t, strings.Join(well, "\n"), "database: SQLite, in "+filepath.Join(data, "entrepot.db"))
	require.Equal(t, exitOK, p.stop())

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, wrong = examine(t, nil, "--data", data, "--bucket-url", "file://"+file)
	require.Contains(t, wrong, "FAIL  bucket: ")
	require.NoError(t, os.WriteFile(filepath.Join(data, "entrepot.db"), []byte("no database at all, and long enough"), 0o600))
	_, _, wrong = examine(t, nil, "--data", data)
	require.Contains(t, wrong, "FAIL  database: ")

	folder := filepath.Join(t.TempDir(), "a folder, 100 % ours")
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	_, _, wrong = examine(t, nil, "--data", filepath.Join(t.TempDir(), "data"), "--bucket-url", storage.FileURL(folder))
	require.Contains(t, wrong, "FAIL  bucket: ", "whatever its name is")

	code, _, log := run(t, "doctor", "--addr", "nowhere")
	require.Equal(t, exitUsage, code, log)
}

func TestTheDoctorOfPostgreSQL(t *testing.T) {
	t.Parallel()
	c, superuser := testdb.EmptyPostgres(t)
	data := []string{"--data", t.TempDir()}
	at := func(url string) (string, string) {
		_, well, wrong := examine(t, map[string]string{"DATABASE_URL": url, "MIGRATE_DATABASE_URL": c.MigrateURL}, data...)
		return strings.Join(well, "\n"), wrong
	}
	_, wrong := at(c.URL)
	require.Contains(t, wrong, "FAIL  database: ")
	require.Contains(t, wrong, "entrepot migrate")
	code, _, log := run(t, "migrate", "--migrate-database-url", c.MigrateURL)
	require.Equal(t, exitOK, code, log)
	well, wrong := at(c.URL)
	require.Empty(t, wrong)
	require.Contains(t, well, "database: PostgreSQL, up to date")
	for url, reason := range map[string]string{
		c.MigrateURL: "owns tables", superuser: "superuser", "postgres://nobody:secret-word@127.0.0.1:1/none": "cannot",
	} {
		_, wrong = at(url)
		require.Contains(t, wrong, "FAIL  database: ")
		if reason != "cannot" {
			require.Contains(t, wrong, reason)
		}
		require.NotContains(t, wrong, "secret-word")
	}
}

// TestTheDoctorOfABucket has one that is well, and others that each lack one thing.
func TestTheDoctorOfABucket(t *testing.T) {
	t.Parallel()
	account, err := fakegcs.NewAccount()
	require.NoError(t, err)
	key := filepath.Join(t.TempDir(), "key.json")
	require.NoError(t, os.WriteFile(key, account.KeyFile, 0o600))
	for name, test := range map[string]struct {
		change func(*fakegcs.Config)
		wrong  []string // nothing: all is well
	}{
		"well":           {change: func(*fakegcs.Config) {}},
		"another bucket": {func(c *fakegcs.Config) { c.Bucket = "other" }, []string{"FAIL  bucket: ", "no bucket entrepot-test"}},
		"without CORS":   {func(c *fakegcs.Config) { c.Origins = nil }, []string{"CORS for uploads", "cors"}},
		"other origins":  {func(c *fakegcs.Config) { c.Origins = []string{"https://other.example"} }, []string{"CORS for uploads"}},
		"no rights": {func(c *fakegcs.Config) { c.Rights = []string{"storage.objects.get"} }, []string{
			"FAIL  bucket: rights: ", "storage.objects.create", "gcloud storage buckets add-iam-policy-binding",
		}},
	} {
		config := fakegcs.Config{
			Bucket: "entrepot-test", Origins: []string{"https://entrepot.example"},
			Verifier: fakegcs.Verifier{Keys: map[string]*rsa.PublicKey{account.Email: account.Public}},
		}
		test.change(&config)
		service, err := fakegcs.New(config)
		require.NoError(t, err)
		server := httptest.NewServer(service)
		_, well, wrong := examine(t, map[string]string{
			"BUCKET_URL": "gs://entrepot-test/some/prefix", "STORAGE_EMULATOR_HOST": strings.TrimPrefix(server.URL, "http://"),
			"GOOGLE_APPLICATION_CREDENTIALS": key, "ENTREPOT_URL": "https://entrepot.example",
		}, "--data", t.TempDir())
		if test.wrong == nil {
			require.Empty(t, wrong, name)
			require.Greater(t, len(well), 9, name)
		}
		for _, part := range test.wrong {
			require.Contains(t, wrong, part, name)
		}
		server.Close()
		require.NoError(t, service.Close())
	}
}
