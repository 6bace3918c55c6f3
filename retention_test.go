package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/upload"
	"entrepot/viewer"
)

func TestHowLongThingsAreKeptIsConfigured(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1h": time.Hour, "36h": 36 * time.Hour, "1d": 24 * time.Hour, "90d": 90 * 24 * time.Hour, "36500d": longest,
		"876000h": longest, " 7d ": 7 * 24 * time.Hour,
		"": 0, "0d": -1, "-1d": -1, "d": -1, "90": -1, "90 d": -1, "1.5d": -1, "90m": -1, "2w": -1, "36501d": -1, "876001h": -1,
		"1e3d": -1, "99999999999999999999d": -1, "+1d": -1, "90D": -1, "１d": -1, "1d1h": -1,
	} {
		for i, name := range []string{"FILES", "ROW_ERRORS", "RESULTS"} {
			variable := "ENTREPOT_RETAIN_" + name
			c, err := newConfig(settings(), nil, env(map[string]string{variable: text}))
			if want < 0 {
				require.ErrorContains(t, err, "("+variable+")", text)
				require.ErrorContains(t, err, "such as 90d or 36h")
				continue
			}
			require.NoError(t, err, text)
			var wanted upload.Retention
			*[]*time.Duration{&wanted.Files, &wanted.RowErrors, &wanted.Results}[i] = want
			require.Equal(t, wanted, c.retention, text)
		}
	}
	c, err := newConfig(settings(), []string{"--retain-files=1d", "--retain-row-errors", "2d", "--retain-results=3d"},
		env(map[string]string{"ENTREPOT_RETAIN_FILES": "9d"}))
	require.NoError(t, err)
	require.Equal(t, upload.Retention{Files: 24 * time.Hour, RowErrors: 48 * time.Hour, Results: 72 * time.Hour}, c.retention)
	var out, log bytes.Buffer
	require.Equal(t, exitUsage, Run(t.Context(), []string{"--retain-files", "for ever"}, &out, &log, none))
	require.Contains(t, log.String(), `--retain-files (ENTREPOT_RETAIN_FILES) is "for ever"`)
}

// files are the names of what lies in the bucket of a data folder, but for what the server writes half.
func files(t *testing.T, data string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(data, "bucket"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
		return err
	}))
	return names
}

// histories waits until all histories of the demonstration's group are checked, and gives them, erased ones too.
func (p *process) histories() (all []struct{ ID, FileName, Status, DeletedAt string }) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		var answer struct {
			UploadHistories struct {
				Nodes []struct{ ID, FileName, Status, DeletedAt string }
			}
			Imports struct{ TotalCount int }
		}
		p.query(`{ uploadHistories(filter: {deleted: null}) { nodes { id fileName status deletedAt } }
			imports(filter: {status: [PENDING, PROCESSING]}) { totalCount } }`, nil, &answer)
		all = answer.UploadHistories.Nodes
		for _, one := range all {
			if one.Status == "NOTYET" || one.Status == "PROCESSING" {
				return false
			}
		}
		return len(all) == 4 && answer.Imports.TotalCount == 0
	}, time.Minute, 50*time.Millisecond)
	return all
}

// Whatever moment a process is killed at after it has said that a file is erased, the file is gone in the end.
func TestAFileThatWasSaidToBeErasedIsGoneThoughTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p := launch(t, data)
	all := p.histories()
	for i, one := range all[:3] {
		require.Contains(t, files(t, data), "sample-"+one.FileName)
		var answer struct {
			DeleteUploadHistory struct {
				UploadHistory struct{ DeletedAt string }
				UserErrors    []any
			}
		}
		p.query(`mutation ($id: ID!) { deleteUploadHistory(input: {id: $id}) {
			uploadHistory { deletedAt } userErrors { message }
		} }`,
			map[string]any{"id": one.ID}, &answer)
		require.Empty(t, answer.DeleteUploadHistory.UserErrors)
		require.NotEmpty(t, answer.DeleteUploadHistory.UploadHistory.DeletedAt)
		time.Sleep(time.Duration(i) * 10 * time.Millisecond) // another moment each time: before, in and after the job
		p.kill()
		p = launch(t, data)
		require.Eventually(t, func() bool {
			for _, name := range files(t, data) {
				if name == "sample-"+one.FileName {
					return false
				}
			}
			return true
		}, time.Minute, 20*time.Millisecond)
	}
	now := p.histories()
	for i, one := range now {
		require.Equal(t, i < 3, one.DeletedAt != "", one.FileName)
	}
	require.Contains(t, files(t, data), "sample-"+all[3].FileName, "and no other")
}

// A server that is told to keep files for a time erases those that are older, at its start.
func TestAServerErasesWhatItIsNotToKeep(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p := launch(t, data)
	require.Len(t, p.histories(), 4)
	p.kill()
	db, err := database.Open(t.Context(), database.Config{Path: filepath.Join(data, "entrepot.db")})
	require.NoError(t, err)
	require.NoError(t, db.Do(viewer.NewContext(t.Context(), viewer.System("test")), "age", func(ctx context.Context) error {
		for _, text := range []string{
			"UPDATE review_upload_histories SET created_at = '2020-01-01 00:00:00.000' WHERE file_name <> 'weather.csv'",
			"UPDATE imports SET created_at = '2020-01-01 00:00:00.000' WHERE file_name <> 'weather.csv'",
			"UPDATE organization_sweeps SET due_at = '2020-01-01 00:00:00.000'",
		} {
			if _, err := db.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, db.Close())

	server := start(t, data, "--retain-files=90d", "--retain-results", "365d", "--retain-row-errors=48h")
	require.Eventually(t, func() bool { return len(files(t, data)) == 1 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, []string{"sample-weather.csv"}, files(t, data))
	bearer := token(t, data)
	_, body := server.ask(t, "POST", "/graphql", `{"query": "{ imports { nodes { resultCount resultsErasedAt `+
		`results { totalCount } resultsFile { url } uploadHistory { fileName deletedAt original { url } } } } }"}`,
		"Authorization", "Bearer "+bearer)
	require.Equal(t, 3, strings.Count(body, `"original":null`), body)
	require.Equal(t, 2, strings.Count(body, `"resultsErasedAt":"`), "one had failed, without results")
	require.Equal(t, 3, strings.Count(body, `"totalCount":0`))
	require.Equal(t, 3, strings.Count(body, `"resultsFile":null`))
	require.NotContains(t, body, `"errors"`)
	require.Contains(t, server.log.String(), "erased what is not kept any longer")
}
