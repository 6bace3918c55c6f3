package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/storage"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

// bundle is a bucket with a server in front of it, a clock that stands until it is moved, and its log.
type bundle struct {
	*storage.Bucket
	folder string
	faults *faults // of a remote bucket, nil for a folder
	server *httptest.Server
	log    *bytes.Buffer
	served chan struct{} // gets a value once a handler has returned; it holds one

	mu  sync.Mutex
	now time.Time
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func setup(t *testing.T, change ...func(*storage.Config, *http.Server)) *bundle {
	t.Helper()
	b := &bundle{
		folder: filepath.Join(t.TempDir(), "bucket"),
		log:    &bytes.Buffer{},
		served: make(chan struct{}, 1),
		now:    time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.Handler().ServeHTTP(w, r)
		select {
		case b.served <- struct{}{}:
		default: // nobody waits for more
		}
	}))
	config := storage.Config{
		URL: storage.FileURL(b.folder), Secret: secret, Now: b.clock, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	}
	for _, f := range change {
		f(&config, b.server.Config)
	}
	var err error
	b.Bucket, err = storage.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	b.server.Start()
	t.Cleanup(b.server.Close)
	require.NoError(t, b.SetPublicURL(b.server.URL+"/bucket"))
	return b
}

// write makes an object as the server does.
func (b *bundle) write(t *testing.T, key, text string) {
	t.Helper()
	writer, err := b.NewWriter(t.Context(), key)
	require.NoError(t, err)
	_, err = io.WriteString(writer, text)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
}

func (b *bundle) read(t *testing.T, key string) string {
	t.Helper()
	reader, err := b.NewReader(t.Context(), key, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(text)
}

// files lists every file in the bucket's folder, unfinished ones too.
func (b *bundle) files(t *testing.T) []string {
	t.Helper()
	list := []string{}
	require.NoError(t, filepath.WalkDir(b.folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(b.folder, path)
			list = append(list, filepath.ToSlash(name))
		}
		return err
	}))
	return list
}

// answer is what a request came back with. Code and Message are those of a refusal.
type answer struct {
	Status        int
	Header        http.Header
	Body          string
	Code, Message string
}

func send(t *testing.T, method, address string, body io.Reader, header map[string]string) answer {
	t.Helper()
	return sendBy(t, http.DefaultClient, method, address, body, header)
}

func sendBy(
	t *testing.T, client *http.Client, method, address string, body io.Reader, header map[string]string,
) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	require.NoError(t, err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	a := answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	if response.Header.Get("Content-Type") == "application/json" && method != http.MethodHead {
		require.NoError(t, json.Unmarshal(text, &a))
	}
	return a
}

func TestOpenNamesEverythingWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	good := storage.FileURL(t.TempDir())
	for name, test := range map[string]struct {
		config storage.Config
		wants  []string
	}{
		"all at once": {
			storage.Config{Secret: []byte("short"), PublicURL: "nowhere", MaxBytes: -1, StallTimeout: -1},
			[]string{"address is missing", "5 bytes", "at least 32", "publicURL", "size limit", "stall timeout"},
		},
		"another provider": {storage.Config{URL: "s3://bucket/prefix", Secret: secret}, []string{"not supported"}},
		"two slashes":      {storage.Config{URL: "file://data/bucket", Secret: secret}, []string{"three slashes"}},
		"one word":         {storage.Config{URL: "file:data", Secret: secret}, []string{"three slashes"}},
		"query":            {storage.Config{URL: good + "?create=1", Secret: secret}, []string{"query"}},
		"not an address":   {storage.Config{URL: "file:///%zz", Secret: secret}, []string{"cannot be read"}},
		"everything":       {storage.Config{URL: "file:///", Secret: secret}, []string{"root of the file system"}},
		"no bucket":        {storage.Config{URL: "gs://"}, []string{"names no bucket"}},
		"not a bucket":     {storage.Config{URL: "gs://My Bucket/x"}, []string{"names no bucket"}},
		"prefix out of it": {storage.Config{URL: "gs://bucket/../other"}, []string{"prefix", "segment"}},
		"prefix and query": {storage.Config{URL: "gs://bucket/x?project=y"}, []string{"prefix", "?"}},
		"endless prefix":   {storage.Config{URL: "gs://bucket/" + strings.Repeat("x", 513)}, []string{"prefix", "512"}},
		"a file there":     {storage.Config{URL: storage.FileURL(file), Secret: secret}, []string{"create folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := storage.Open(t.Context(), test.config)
			require.Error(t, err)
			for _, want := range test.wants {
				require.ErrorContains(t, err, want)
			}
			if test.config.URL != "" && !strings.HasPrefix(test.config.URL, "file:///") {
				require.ErrorContains(t, storage.CheckURL(test.config.URL), test.wants[0], "the same without opening it")
			}
		})
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := storage.Open(canceled, storage.Config{URL: good, Secret: secret})
	require.ErrorIs(t, err, context.Canceled)
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	b := setup(t)
	b.write(t, "org-a/grp-b/file.csv", "a,b\n")
	for path, want := range map[string]fs.FileMode{
		"": fs.ModeDir | 0o700, "org-a": fs.ModeDir | 0o700, "org-a/grp-b": fs.ModeDir | 0o700, "org-a/grp-b/file.csv": 0o600,
	} {
		info, err := os.Stat(filepath.Join(b.folder, path))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode(), path)
	}
}

func TestFileURLTakesAnyFolderName(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b%20#1?x=é")
	b, err := storage.Open(t.Context(), storage.Config{URL: storage.FileURL(folder), Secret: secret})
	require.NoError(t, err)
	require.NoError(t, b.Close())
	require.DirExists(t, folder)
}

func TestOpenRemovesOldLeftoversOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "kept", "x")
	writer, err := b.NewWriter(t.Context(), "in-work")
	require.NoError(t, err)
	old := filepath.Join(b.folder, ".tmp", "KILLED")
	require.NoError(t, os.WriteFile(old, []byte("half"), 0o600))
	yesterday := time.Now().Add(-25 * time.Hour)
	require.NoError(t, os.Chtimes(old, yesterday, yesterday))

	again, err := storage.Open(t.Context(), storage.Config{URL: storage.FileURL(b.folder), Secret: secret})
	require.NoError(t, err)
	require.NoFileExists(t, old)
	require.NoError(t, writer.Close(), "a writer in work is left alone")
	require.ElementsMatch(t, []string{"kept", "in-work"}, b.files(t))
	require.NoError(t, again.Close())
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	b, err := storage.Open(t.Context(), storage.Config{URL: storage.FileURL(t.TempDir()), Secret: secret})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	_, err = b.SignPut(t.Context(), "k", storage.PutOptions{})
	require.ErrorContains(t, err, "SetPublicURL")
	for _, bad := range []string{
		"", "/bucket", "ftp://x/y", "http://", "http://u:p@h/b", "http://h/b?x=1", "http://h/b#f", ":",
	} {
		var wrong *storage.OptionError
		require.ErrorAs(t, b.SetPublicURL(bad), &wrong, bad)
	}
	require.NoError(t, b.SetPublicURL("https://example.org/a/bucket"))
	request, err := b.SignPut(t.Context(), "k", storage.PutOptions{})
	require.NoError(t, err)
	require.Regexp(t, `^https://example\.org/a/bucket\?`, request.URL)
}
