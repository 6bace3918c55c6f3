package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
	"entrepot/internal/testdb"
)

// replicas are two servers, each in a process of its own, on one PostgreSQL; see scripts/replicas.
type replicas struct {
	all      []*process
	pids     []int
	database string
}

func startReplicas(t *testing.T) *replicas {
	t.Helper()
	testdb.EmptyPostgres(t) // or the test is skipped, or fails, where there is no server to start
	folder := shortFolder(t)
	cmd := exec.Command("scripts/replicas", "-i", folder)
	cmd.Env = append(os.Environ(), asServer+"=1", "ENTREPOT_BIN="+binary(), "ADDRESSES=127.0.0.1:0 127.0.0.1:0",
		"DATABASE_URL=", "MIGRATE_DATABASE_URL=")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	r := &replicas{all: make([]*process, 2), pids: make([]int, 2)}
	lines := bufio.NewScanner(out)
	drained := make(chan struct{})
	t.Cleanup(func() {
		_ = in.Close()
		<-drained
		_ = cmd.Wait() // a replica that was killed is no failure
	})
	for missing := 2; missing > 0 && lines.Scan(); {
		line := lines.Text()
		if url, ok := strings.CutPrefix(line, "DATABASE_URL="); ok {
			r.database = url
		}
		number, said, _ := strings.Cut(line, ": ")
		if at, ok := strings.CutPrefix(said, "Entrepot is at "); ok {
			r.all[number[0]-'1'] = &process{t: t, address: strings.TrimSuffix(at, "/")}
			missing--
		}
		if pid, ok := strings.CutPrefix(said, "process "); ok {
			r.pids[number[0]-'1'], err = strconv.Atoi(pid)
			require.NoError(t, err)
		}
	}
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, out)
	}()
	secret, err := os.ReadFile(filepath.Join(folder, "secret"))
	require.NoError(t, err)
	bearer := token(t, t.TempDir(), "--database-url", r.database, "--secret", string(secret))
	for _, p := range r.all {
		require.NotNil(t, p, "both have started")
		p.token = bearer
	}
	return r
}

// killWorker kills, as kill -9 does, the process that runs an import, and gives the other one.
func (r *replicas) killWorker(t *testing.T, id string) (survivor int) {
	t.Helper()
	db, err := sql.Open("postgres", r.database)
	require.NoError(t, err)
	defer db.Close()
	var worker string
	row := db.QueryRowContext(t.Context(), "SELECT worker FROM import_leases WHERE import_id = $1", id)
	require.NoError(t, row.Scan(&worker))
	for i, pid := range r.pids {
		if strings.Contains(worker, " "+strconv.Itoa(pid)+" ") {
			dead, err := os.FindProcess(pid)
			require.NoError(t, err)
			require.NoError(t, dead.Kill())
			return 1 - i
		}
	}
	require.Fail(t, "the import is run by neither", worker)
	return 0
}

// watch follows an import over server-sent events until it ends or the stream does.
func (p *process) watch(id string) <-chan state {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.address+"/graphql", strings.NewReader(
		`{"query": "subscription { importStatusChanged(importId: \"`+id+`\") {`+
			` status attempt processedRowCount acceptedRowCount } }"}`))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+p.token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, answer.StatusCode)
	states := make(chan state, 10_000)
	go func() {
		defer close(states)
		defer answer.Body.Close()
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			var event struct {
				Data struct{ ImportStatusChanged *state }
			}
			text, ok := strings.CutPrefix(lines.Text(), "data:")
			if ok && json.Unmarshal([]byte(text), &event) == nil && event.Data.ImportStatusChanged != nil {
				states <- *event.Data.ImportStatusChanged
			}
		}
	}()
	return states
}

// definition is the id of the definition with that name.
func (p *process) definition(name string) string {
	p.t.Helper()
	var got struct {
		ImportDefinitions struct{ Nodes []struct{ ID string } }
	}
	p.query(`query ($n: String!) { importDefinitions(filter: {nameContains: $n}) { nodes { id } } }`,
		map[string]any{"n": name}, &got)
	require.Len(p.t, got.ImportDefinitions.Nodes, 1)
	return got.ImportDefinitions.Nodes[0].ID
}

// TestAReplicaTakesOverFromAKilledOne starts imports through one of two replicas and watches them at both. The one that
// runs the second import is killed in the middle.
func TestAReplicaTakesOverFromAKilledOne(t *testing.T) {
	t.Parallel()
	const rows = 500_000
	r := startReplicas(t)
	path := filepath.Join(t.TempDir(), "meters.csv")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, data.Write(file, rows))
	require.NoError(t, file.Close())

	one, two := r.all[0], r.all[1]
	definition, history := one.defineMeters(), one.upload(path)
	undisturbed := one.start(history, definition)
	var seen []string
	for s := range two.watch(undisturbed) {
		if len(seen) == 0 || seen[len(seen)-1] != s.Status {
			seen = append(seen, s.Status)
		}
	}
	require.Equal(t, "COMPLETED", seen[len(seen)-1])
	require.Contains(t, seen, "PROCESSING", "it is watched live at the other replica")

	killed := one.start(history, definition)
	streams := []<-chan state{one.watch(killed), two.watch(killed)}
	one.until(killed, func(s state) bool { return s.Status == "PROCESSING" })
	survivor := r.killWorker(t, killed)
	began := time.Now()
	var last state
	for s := range streams[survivor] {
		last = s
	}
	require.Less(t, time.Since(began), time.Minute)
	t.Logf("%d rows: completed %s after the kill", rows, time.Since(began).Round(time.Millisecond))
	require.Equal(t, state{Status: "COMPLETED", Attempt: 2, ProcessedRowCount: rows, AcceptedRowCount: rows}, last)
	alive := r.all[survivor]
	whole := alive.results(undisturbed)
	require.Positive(t, strings.Count(whole, "\n"))
	require.Equal(t, whole, alive.results(killed))
}
