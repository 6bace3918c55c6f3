package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/internal/hostile"
)

const (
	maxCPU    = 5 * time.Second
	maxMemory = 256 // MiB
	// patience is for a machine that is busy with other things.
	patience = 2 * time.Minute
)

// reading is what the command tells.
type reading struct {
	hostile.Outcome
	Reasons         []string
	CPUMilliseconds int64
	PeakMiB         int64
}

// Each file is read in a process of its own, without the race detector, so that its memory and its time are its own. The
// command itself looks that row numbers and lines go up by one and up, and that no accepted row is empty or changed.
func TestEveryHostileFileEndsAsItShould(t *testing.T) {
	t.Parallel()
	command := build(t)
	for _, c := range hostile.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := run(t, command, c.Name)
			if c.Want.Error != "" {
				require.Equal(t, c.Want.Error, got.Error, "%s %q", c.Cause, got.Reasons)
				require.NotEmpty(t, got.Reasons, "it must be told why")
			} else {
				require.Equal(t, c.Want, got.Outcome, "%s %q", c.Cause, got.Reasons)
			}
			require.LessOrEqual(t, got.CPUMilliseconds, maxCPU.Milliseconds(), c.Cause)
			require.LessOrEqual(t, got.PeakMiB, int64(maxMemory), c.Cause)
			for _, reason := range got.Reasons {
				require.Less(t, len(reason), 500, "a reason is a sentence, not a copy of the file")
			}
		})
	}
}

func build(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "read")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-o", name, "./read")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return name
}

func run(t *testing.T, name, file string) (got reading) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	var out, errs bytes.Buffer
	command := exec.CommandContext(ctx, name, file)
	command.Stdout, command.Stderr = &out, &errs
	// What the tests' process is told about memory is not for this one.
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GOMEMLIMIT=") && !strings.HasPrefix(variable, "GOGC=") {
			command.Env = append(command.Env, variable)
		}
	}
	require.NoError(t, command.Run(), "%s", errs.String())
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	return got
}

func TestCasesAreWhatTheySayTheyAre(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	again := hostile.All()
	for i, c := range hostile.All() {
		require.False(t, seen[c.Name], "%s is there twice", c.Name)
		seen[c.Name] = true
		require.True(t, strings.HasSuffix(c.Cause, "."), "%s: the cause is a sentence", c.Name)
		if !strings.HasPrefix(c.Name, "csv/") && !strings.HasPrefix(c.Name, "jsonl/") && c.Name != "xlsx/plain" {
			continue // packing bombs takes a minute under the race detector
		}
		// The same bytes every time, as far as the first of them tell.
		one, err := io.ReadAll(io.LimitReader(c.Open(), 64<<10))
		require.NoError(t, err)
		other, err := io.ReadAll(io.LimitReader(again[i].Open(), 64<<10))
		require.NoError(t, err)
		require.True(t, bytes.Equal(one, other), c.Name)
	}
	require.Greater(t, len(seen), 50)
	found, err := hostile.Find("csv/endless-quote")
	require.NoError(t, err)
	require.Equal(t, "csv/endless-quote", found.Name)
	_, err = hostile.Find("csv/no-such-case")
	require.Error(t, err)
}
