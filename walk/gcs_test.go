package walk_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gcs runs the test server of Google Cloud Storage that the README names, in a process of its own, until the test ends,
// and gives what it says to set. Its objects are in a folder.
func gcs(t testing.TB) (environment []string) {
	t.Helper()
	binary(t) // both are built before either runs
	folder := t.TempDir()
	name := filepath.Join(folder, "serve.exe")
	building := exec.CommandContext(t.Context(), "go", "build", "-o", name, "./internal/fakegcs/serve")
	building.Dir, building.Env = root(t), append(os.Environ(), "CGO_ENABLED=0") // as the product is, so compiled once
	out, err := building.CombinedOutput()
	require.NoError(t, err, string(out))

	command := exec.Command(name, "--addr", "127.0.0.1:0", "--folder", filepath.Join(folder, "objects"))
	complaints := &safeBuffer{}
	command.Stderr = complaints
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	killer := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		err := command.Wait()
		killer.Stop()
		require.NoError(t, err, complaints)
	})
	lines := bufio.NewScanner(stdout)
	for len(environment) < 3 && lines.Scan() {
		variable, ok := strings.CutPrefix(lines.Text(), "export ")
		require.True(t, ok, lines.Text())
		environment = append(environment, strings.ReplaceAll(variable, "'", ""))
	}
	require.Len(t, environment, 3, "it did not say what to set: %s", complaints)
	return environment
}

// TestReadmeWalkOnGoogleCloudStorage is the README's own commands, as they stand, with such a bucket.
func TestReadmeWalkOnGoogleCloudStorage(t *testing.T) {
	t.Parallel()
	testWalk(t, start(t, append(gcs(t), "BUCKET_URL=gs://entrepot/some/prefix")...))
}

// TestGoogleCloudStorage imports a file, and corrects what was set aside of it, with the objects in a bucket of Google
// Cloud Storage: uploads and downloads go there and not to the server.
func TestGoogleCloudStorage(t *testing.T) {
	t.Parallel()
	testCorrection(t, start(t, append(gcs(t), "BUCKET_URL=gs://entrepot/some/prefix")...))
}
