package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/bench/data"
)

// asServer in the environment makes this test binary the server itself, so that a test can kill it.
const asServer = "ENTREPOT_TEST_AS_SERVER"

// process is a server in a process of its own.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	token   string
}

// binary is the one that ENTREPOT_BIN names, which has no race detector to slow a million rows down, or else this one.
func binary() string { return cmp.Or(os.Getenv("ENTREPOT_BIN"), os.Args[0]) }

func launch(t *testing.T, folder string) *process {
	t.Helper()
	cmd := exec.Command(binary(), "--addr", "127.0.0.1:0", "--data", folder)
	cmd.Env = append(os.Environ(), asServer+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t: t, cmd: cmd}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	for p.address == "" && lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "Entrepot is at "); ok {
			p.address = strings.TrimSuffix(at, "/")
		}
	}
	require.NotEmpty(t, p.address)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	p.token = token(t, folder)
	return p
}

// kill ends the process at once, as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_, _ = p.cmd.Process.Wait()
}

// query sends a document and decodes its data.
func (p *process) query(document string, variables map[string]any, into any) {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	require.NoError(p.t, err)
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.address+"/graphql", bytes.NewReader(body))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+p.token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer func() { _ = answer.Body.Close() }()
	var out struct {
		Data   json.RawMessage
		Errors []any
	}
	require.NoError(p.t, json.NewDecoder(answer.Body).Decode(&out))
	require.Empty(p.t, out.Errors)
	require.NoError(p.t, json.Unmarshal(out.Data, into))
}

// defineMeters makes a definition for bench/data's files.
func (p *process) defineMeters() string {
	p.t.Helper()
	var made struct {
		CreateImportDefinition struct{ ImportDefinition struct{ ID string } }
	}
	p.query(`mutation { createImportDefinition(input: {
		name: "Meters"
		inputSchema: [
			{name: "site", type: STRING, role: SITE_IDENTIFIER}, {name: "date", type: DATE, role: PERIOD},
			{name: "reading", type: NUMBER}
		]
		outputSchema: [
			{key: "sum", aggregate: SUM, column: "reading", periodUnit: MONTHLY},
			{key: "mean", aggregate: AVERAGE, column: "reading", periodUnit: MONTHLY}
		]
	}) { importDefinition { id } } }`, nil, &made)
	return made.CreateImportDefinition.ImportDefinition.ID
}

// upload puts a file into the bucket and stores its history.
func (p *process) upload(path string) string {
	p.t.Helper()
	file, err := os.Open(path)
	require.NoError(p.t, err)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	require.NoError(p.t, err)
	var created struct {
		CreateUpload struct {
			GcsPath, Method, URL string
			Headers              []struct{ Name, Value string }
		}
	}
	p.query(`mutation ($n: Int64!) { createUpload(input: {fileName: "meters.csv", size: $n}) {
		gcsPath method url headers { name value }
	} }`,
		map[string]any{"n": info.Size()}, &created)
	r, err := http.NewRequestWithContext(p.t.Context(), created.CreateUpload.Method, created.CreateUpload.URL, file)
	require.NoError(p.t, err)
	r.ContentLength = info.Size()
	for _, h := range created.CreateUpload.Headers {
		r.Header.Set(h.Name, h.Value)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	_ = answer.Body.Close()
	require.Equal(p.t, http.StatusOK, answer.StatusCode)
	var stored struct {
		StoreUploadHistory struct{ UploadHistory struct{ ID string } }
	}
	p.query(`mutation ($path: String!) { storeUploadHistory(input: {fileName: "meters.csv", gcsPath: $path}) {
		uploadHistory { id }
	} }`,
		map[string]any{"path": created.CreateUpload.GcsPath}, &stored)
	return stored.StoreUploadHistory.UploadHistory.ID
}

func (p *process) start(history, definition string) string {
	p.t.Helper()
	var started struct {
		StartImport struct{ Import struct{ ID string } }
	}
	p.query(`mutation ($h: ID!, $d: ID!) { startImport(input: {uploadHistoryId: $h, importDefinitionId: $d}) { import { id } } }`,
		map[string]any{"h": history, "d": definition}, &started)
	return started.StartImport.Import.ID
}

// state is what matters here of an import.
type state struct {
	Status            string
	Error             *string
	Attempt           int
	ProcessedRowCount int
	AcceptedRowCount  int
}

func (p *process) state(id string) state {
	p.t.Helper()
	var got struct{ Import state }
	p.query(`query ($id: ID!) { import(id: $id) { status error attempt processedRowCount acceptedRowCount } }`,
		map[string]any{"id": id}, &got)
	return got.Import
}

// until waits for a state.
func (p *process) until(id string, reached func(state) bool) state {
	p.t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s := p.state(id)
		if reached(s) {
			return s
		}
		require.False(p.t, time.Now().After(end) || s.Status == "FAILED", "%+v", s)
	}
}

// results are all results of an import, as text without ids, times and attempts.
func (p *process) results(id string) string {
	p.t.Helper()
	var text strings.Builder
	var after *string
	for {
		var got struct {
			Import struct {
				Results struct {
					Nodes    []json.RawMessage
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
				}
			}
		}
		p.query(`query ($id: ID!, $after: Cursor) { import(id: $id) { results(first: 100, after: $after) {
			nodes { siteKey year periodUnit period processedData rowsProcessed rowsRejected } pageInfo { hasNextPage endCursor } } } }`,
			map[string]any{"id": id, "after": after}, &got)
		for _, n := range got.Import.Results.Nodes {
			fmt.Fprintln(&text, string(n))
		}
		if after = got.Import.Results.PageInfo.EndCursor; !got.Import.Results.PageInfo.HasNextPage {
			return text.String()
		}
	}
}

// TestAKilledServerLosesNothing kills the server with -9 in the middle of an import of a million rows and starts it
// again: the import completes with the results that it would have had.
func TestAKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	const rows = 1_000_000
	folder := t.TempDir()
	path := filepath.Join(folder, "meters.csv")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, data.Write(file, rows))
	require.NoError(t, file.Close())

	p := launch(t, filepath.Join(folder, "data"))
	definition, history := p.defineMeters(), p.upload(path)

	killed := p.start(history, definition)
	p.until(killed, func(s state) bool { return s.Status == "PROCESSING" && s.ProcessedRowCount > 0 })
	p.kill()

	p = launch(t, filepath.Join(folder, "data"))
	again := p.until(killed, func(s state) bool { return s.Status == "COMPLETED" })
	require.Equal(t, 2, again.Attempt)
	require.Equal(t, rows, again.AcceptedRowCount)
	undisturbed := p.start(history, definition)
	require.Equal(t, 1, p.until(undisturbed, func(s state) bool { return s.Status == "COMPLETED" }).Attempt)
	whole := p.results(undisturbed)
	require.Equal(t, 12_000, strings.Count(whole, "\n"))
	require.Equal(t, whole, p.results(killed))
}
