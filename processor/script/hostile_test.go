//go:build linux && (amd64 || arm64)

package script_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor/script"
)

// The corpus is testdata/hostile: one script each, whose first line says what it does that no other does, and whose
// second what comes of it: “=> CODE”, with the place (line:column) and words of the message where they matter, or
// “=> JSON” for a script that does no harm. Lines “log:” are the console's, or say that it was cut and does not matter.
const corpus = "testdata/hostile"

// expected is what the head of a script says.
type expected struct {
	code      string // empty: output
	at        string // line:column; empty: anywhere, or unknown
	words     []string
	output    string
	log       []string
	truncated bool
}

// outcome is what came of a script, all of it.
type outcome struct {
	Output    string
	Log       []script.LogLine
	Truncated bool
	Code      definition.ImportErrorCode
	Message   string
	At        string
	Row       int64
	Params    []definition.Param
}

func readExpected(t *testing.T, code string) (e expected) {
	t.Helper()
	lines := strings.Split(code, "\n")
	require.True(t, strings.HasPrefix(lines[0], "// ") && strings.HasSuffix(lines[0], "."), "the first line says what it does")
	want, ok := strings.CutPrefix(lines[1], "// => ")
	require.True(t, ok, "the second line says what comes of it")
	if json.Valid([]byte(want)) {
		e.output = want
	} else {
		e.words = strings.Fields(want)
		e.code, e.words = e.words[0], e.words[1:]
		if len(e.words) > 0 && strings.Trim(e.words[0], "0123456789:") == "" && e.words[0] != ":" {
			e.at, e.words = e.words[0], e.words[1:]
		}
	}
	for _, line := range lines[2:] {
		line, ok := strings.CutPrefix(line, "// log: ")
		if !ok {
			break
		}
		if line == "truncated" {
			e.truncated = true
		} else {
			e.log = append(e.log, line)
		}
	}
	return e
}

// limitsFor are small, for the scripts are to meet them soon. The time is met only by scripts that would take it all: what
// ends otherwise does so on the slowest machine, and under the race detector.
func limitsFor(code string) script.Limits {
	l := script.Limits{
		SourceBytes: 64 << 10, MemoryBytes: 4 << 20, CallCPU: time.Minute, CallWall: 2 * time.Minute, ImportCPU: 10 * time.Minute,
		RowBytes: 1 << 20, Rows: 1000, OutputBytes: 64 << 10, LogLines: 20, LogBytes: 4 << 10, LogLineRunes: 200,
	}
	if code == string(definition.ErrorScriptTimeout) {
		l.CallCPU = shortCPU
	}
	return l
}

const (
	shortCPU = 150 * time.Millisecond
	// margin is how much later than at its deadline a call may end.
	margin = 250 * time.Millisecond
)

var columns = []script.Column{
	{Name: "site", Type: definition.TypeString, Header: "Site"},
	{Name: "text", Type: definition.TypeString},
	{Name: "n", Type: definition.TypeNumber, Header: "N"},
}

// threeRows have the texts a, b and c, the numbers 1.5, 2.5 and none.
func threeRows() iter.Seq2[[]byte, error] {
	var rows [][]byte
	for i, text := range []string{"a", "b", "c"} {
		row := script.AppendText(script.AppendText(script.AppendRowNumber(nil, int64(i+1)), []byte("A")), []byte(text))
		if i == 2 {
			row = script.AppendNull(row)
		} else {
			row = script.AppendNumber(row, float64(i)+1.5)
		}
		rows = append(rows, row)
	}
	return all(rows...)
}

// ran is one run of a script from its start to the end of its process.
type ran struct {
	outcomes []outcome
	cpu      []time.Duration // that the calls took, without the start
	walls    []time.Duration // the same by the clock
}

// run starts a script and calls it so many times with the same rows.
func run(ctx context.Context, t *testing.T, code string, limits script.Limits, calls int) (all ran) {
	t.Helper()
	r, err := script.Start(ctx, script.Config{Code: code, Columns: columns, Year: 2024, VMs: 1, Limits: limits})
	if err != nil {
		all.outcomes = append(all.outcomes, outcomeOf(t, nil, err))
		return all
	}
	for range calls {
		cpu, began := script.CPU(r), time.Now()
		result, err := r.Call(ctx, &script.Call{Site: &script.Site{Key: "A"}, Rows: threeRows()})
		all.cpu, all.walls = append(all.cpu, script.CPU(r)-cpu), append(all.walls, time.Since(began))
		all.outcomes = append(all.outcomes, outcomeOf(t, result, err))
	}
	if pid := script.End(r); pid != 0 {
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "the process is gone, and nobody waits for it")
	}
	return all
}

func outcomeOf(t *testing.T, result *script.Result, err error) (o outcome) {
	t.Helper()
	if result != nil {
		o.Output, o.Log, o.Truncated = string(result.Output), result.Log, result.LogTruncated
	}
	if err == nil {
		return o
	}
	var e *script.Error
	require.ErrorAs(t, err, &e)
	require.Empty(t, o.Output)
	o.Code, o.Message, o.At, o.Row, o.Params = e.Code, e.Message, fmt.Sprint(e.Line, ":", e.Column), e.Row, e.Params
	if cause := errors.Unwrap(err); cause != nil {
		t.Log("cause:", cause)
	}
	return o
}

func (e expected) compare(t *testing.T, o outcome) {
	t.Helper()
	require.Equal(t, e.code, string(o.Code), o.Message+o.Output)
	require.Equal(t, e.output, o.Output)
	if e.at != "" {
		require.Equal(t, e.at, o.At, o.Message)
	}
	for _, word := range e.words {
		require.Contains(t, o.Message, word)
	}
	if e.code != "" {
		require.NotEmpty(t, o.Message)
		require.LessOrEqual(t, len([]rune(o.Message)), 800)
	}
	require.Equal(t, e.truncated, o.Truncated, o.Log)
	if e.truncated && len(e.log) == 0 {
		return
	}
	var lines []string
	for _, line := range o.Log {
		lines = append(lines, strings.TrimRight(string(line.Level)+" "+strings.ReplaceAll(line.Message, "\n", `\n`), " "))
	}
	require.Equal(t, e.log, lines)
}

// good is a script that does what it should.
const good = "function process(rows, context) { return { sum: rows.reduce((sum, row) => sum + row.n, 0), year: context.year } }"

func requireGood(ctx context.Context, t *testing.T) {
	t.Helper()
	all := run(ctx, t, good, limitsFor(""), 1)
	require.Equal(t, outcome{Output: `{"sum":4,"year":2024}`}, all.outcomes[0])
}

// Every script ends as its head says: the second time as the first, byte for byte; its process is gone then, and the next
// script is right where this one did harm. Those that would compute for ever do so for no more than their time and the margin.
func TestHostileScripts(t *testing.T) {
	t.Parallel()
	server := os.Getpid()
	var files []string
	require.NoError(t, filepath.WalkDir(corpus, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".js") {
			files = append(files, path)
		}
		return err
	}))
	require.Greater(t, len(files), 250)
	var causes, late sync.Map
	t.Run("corpus", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), corpus+"/"), ".js")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				code, err := os.ReadFile(file)
				require.NoError(t, err)
				want := readExpected(t, string(code))
				cause, _, _ := strings.Cut(string(code), "\n")
				other, twice := causes.LoadOrStore(cause, name)
				require.False(t, twice, "the same as %v", other)

				all := run(t.Context(), t, string(code), limitsFor(want.code), 2)
				want.compare(t, all.outcomes[0])
				for _, o := range all.outcomes {
					require.Equal(t, all.outcomes[0], o, "the second call is as the first")
				}
				if limitsFor(want.code).CallCPU == shortCPU && len(all.cpu) > 0 {
					// The second call may have needed another process, and counts its start.
					require.LessOrEqual(t, all.cpu[0], shortCPU+margin)
					late.Store(name, all.walls[0]-shortCPU)
				}
				if want.code != "" {
					requireGood(t.Context(), t)
				}
			})
		}
	})
	require.Equal(t, server, os.Getpid())
	var walls []time.Duration
	late.Range(func(name, wall any) bool {
		walls = append(walls, wall.(time.Duration))
		if wall.(time.Duration) > margin {
			t.Logf("%v: %v after its deadline by the clock", name, wall)
		}
		return true
	})
	slices.Sort(walls)
	t.Logf("%d scripts, %d of them out of time: by the clock %v (median), %v (last) after the deadline",
		len(files), len(walls), walls[len(walls)/2], walls[len(walls)-1])
}
