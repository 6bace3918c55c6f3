// Package walk_test holds the README to its word: it runs the commands and documents that stand there, against the built
// binary, and compares what comes out with figures of its own. It imports nothing of the product.
package walk_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is for a machine that does much else; nothing here takes a second by itself but the build.
const patience = 2 * time.Minute

// root is the checkout.
func root(t testing.TB) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	require.NoError(t, err)
	return folder
}

// readme is the README's text.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	return string(text)
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks are the fenced blocks of a language, in the README's order.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, match := range fence.FindAllStringSubmatch(readme(t), -1) {
		if match[1] == language {
			found = append(found, match[2])
		}
	}
	require.NotEmpty(t, found, "the README has no ```%s block", language)
	return found
}

var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "entrepot-walk-") // shared by the tests, removed by TestMain
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "entrepot.exe")
	command := exec.CommandContext(context.Background(), "go", "build", "-o", name, ".")
	command.Dir = ".."
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return folder, &buildError{string(out), err}
	}
	return name, nil
})

type buildError struct {
	output string
	err    error
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + e.output }
func (e *buildError) Unwrap() error { return e.err }

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("ENTREPOT_BIN") == "" {
		if name, _ := build(); name != "" {
			_ = os.RemoveAll(filepath.Dir(name))
		}
	}
	os.Exit(code)
}

// binary is the one that ENTREPOT_BIN names, as the browser's tests take it too, or one that is built here.
func binary(t testing.TB) string {
	t.Helper()
	if name := os.Getenv("ENTREPOT_BIN"); name != "" {
		name, err := filepath.Abs(name)
		require.NoError(t, err)
		require.FileExists(t, name, "ENTREPOT_BIN must name the binary")
		return name
	}
	name, err := build()
	require.NoError(t, err)
	return name
}

// server is a running one with a data folder of its own.
type server struct {
	binary, url string
	environment []string
	pid         int
}

var address = regexp.MustCompile(`^Entrepot is at (http://\S+?)/?$`)

// each runs a test against a server on SQLite and one on PostgreSQL, with the tables that “entrepot migrate” makes.
func each(t *testing.T, f func(t *testing.T, s *server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, start(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		urls := postgres(t)
		migrate := &server{binary: binary(t), environment: append(os.Environ(), urls...)}
		migrate.run(t, migrate.binary, "migrate")
		f(t, start(t, urls[0], "--demo")) // the server is the application's role, and owns nothing
	})
}

// postgres starts a server of its own and gives DATABASE_URL=… and MIGRATE_DATABASE_URL=….
func postgres(t testing.TB) []string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "walk") //nolint:usetesting // the names of sockets are short
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o755)) // PostgreSQL may run as somebody else
	script := &server{environment: os.Environ()}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		command := exec.CommandContext(ctx, "scripts/postgres", "stop", folder)
		command.Dir = root(t)
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		require.NoError(t, os.RemoveAll(folder))
	})
	var urls []string
	for _, name := range []string{"DATABASE_URL", "MIGRATE_DATABASE_URL"} {
		line := regexp.MustCompile("(?m)^" + name + "=(.*)$").FindString(script.run(t, "scripts/postgres", "start", folder))
		require.NotEmpty(t, line)
		urls = append(urls, line)
	}
	return urls
}

// start runs the server until the test ends, when it must stop by itself and cleanly. More are variables, and flags.
func start(t testing.TB, more ...string) *server {
	t.Helper()
	s := &server{binary: binary(t)}
	data := filepath.Join(t.TempDir(), "data")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ENTREPOT_") {
			s.environment = append(s.environment, variable)
		}
	}
	s.environment = append(s.environment, "ENTREPOT_DATA="+data)
	arguments := []string{"--addr", "127.0.0.1:0"}
	for _, one := range more {
		if strings.HasPrefix(one, "--") {
			arguments = append(arguments, one)
		} else {
			s.environment = append(s.environment, one)
		}
	}

	command := exec.Command(s.binary, arguments...)
	command.Env = s.environment
	log := &safeBuffer{}
	command.Stderr = log
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	s.pid = command.Process.Pid
	killer := time.AfterFunc(patience, func() { _ = command.Process.Kill() })

	lines := bufio.NewScanner(stdout)
	for s.url == "" && lines.Scan() {
		if match := address.FindStringSubmatch(lines.Text()); match != nil {
			s.url = match[1]
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, stdout)
	}()
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		<-drained // Wait closes the pipe
		err := command.Wait()
		killer.Stop()
		require.NoError(t, err, "the server must stop cleanly; its log:\n%s", log)
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	require.NotEmpty(t, s.url, "the server did not say where it is; its log:\n%s", log)
	return s
}

// run runs a command with the server's environment, and returns what it prints.
func (s *server) run(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Env = s.environment
	command.Dir = root(t)
	complaints := &safeBuffer{}
	command.Stderr = complaints
	out, err := command.Output()
	require.NoError(t, err, "%s\nprinted:\n%s\nand complained:\n%s", command, out, complaints)
	return string(out)
}

// safeBuffer is a buffer that one goroutine writes and another reads.
type safeBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
