package walk_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	largeRows   = 15_500_000 // more than 1 GiB
	largeMemory = 256 << 20
)

// BenchmarkLargeFile uploads a file of 1 GiB and imports it, summed per site and month, and looks at the most memory that
// the server's process ever had: “make large”. The folder's bytes pass through the server, those of the bucket do not.
func BenchmarkLargeFile(b *testing.B) {
	name := filepath.Join(b.TempDir(), "readings.csv")
	generate := exec.CommandContext(b.Context(), "go", "run", "./bench/gen", "-rows", strconv.Itoa(largeRows), "-o", name)
	generate.Dir = root(b)
	out, err := generate.CombinedOutput()
	require.NoError(b, err, string(out))
	b.Run("folder", func(b *testing.B) { benchmarkLarge(b, start(b), name) })
	b.Run("gs", func(b *testing.B) {
		benchmarkLarge(b, start(b, append(gcs(b), "BUCKET_URL=gs://entrepot")...), name)
	})
}

func benchmarkLarge(b *testing.B, s *server, name string) {
	b.Helper()
	token := strings.TrimSpace(s.run(b, s.binary, "token"))
	definition := s.define(b, token, map[string]any{
		"name": "Readings", "format": map[string]any{"decimalSeparator": "."},
		"inputSchema": []map[string]any{
			{"name": "site", "type": "STRING", "role": "SITE_IDENTIFIER", "required": true},
			{"name": "date", "type": "DATE", "role": "PERIOD", "required": true},
			{"name": "reading", "type": "NUMBER", "required": true},
		},
		"outputSchema": []map[string]any{
			{"key": "total", "periodUnit": "MONTHLY", "aggregate": "SUM", "column": "reading"},
		},
	})
	for b.Loop() {
		file, err := os.Open(name)
		require.NoError(b, err)
		info, err := file.Stat()
		require.NoError(b, err)
		require.Greater(b, info.Size(), int64(1<<30))
		history := s.send(b, token, "readings.csv", file, info.Size(), true)
		done := s.importFile(b, token, map[string]any{"uploadHistoryId": history, "importDefinitionId": definition})
		require.Equal(b, "COMPLETED", done.Status, done.Error)
		require.Equal(b, largeRows, done.AcceptedRowCount)
		require.Equal(b, 12_000, done.Results.TotalCount)
		_ = file.Close() // the client has
	}
	most := s.mostMemory(b)
	b.ReportMetric(float64(most)/(1<<20), "MiB-resident")
	require.Less(b, most, int64(largeMemory))
}

// mostMemory is the most memory that the server's process has ever had resident, in bytes.
func (s *server) mostMemory(t testing.TB) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	require.NoError(t, err)
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, match, "%s", status)
	kib, err := strconv.ParseInt(string(match[1]), 10, 64)
	require.NoError(t, err)
	return kib << 10
}
