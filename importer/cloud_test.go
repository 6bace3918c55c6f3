package importer_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/importer"
	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

// flaky stands before a bucket of Google Cloud Storage and cuts what is read of objects.
type flaky struct {
	objects http.Handler
	mu      sync.Mutex
	read    int               // answers with the bytes of an object, so far
	cut     func(nth int) int // after how many bytes the nth breaks: 0 is an error instead, below 0 it stays whole
}

// ServeHTTP implements http.Handler.
func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after := -1
	if r.URL.Query().Get("alt") == "media" {
		f.mu.Lock()
		f.read++
		nth, cut := f.read, f.cut
		f.mu.Unlock()
		if cut != nil {
			after = cut(nth)
		}
	}
	switch {
	case after == 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case after > 0:
		f.objects.ServeHTTP(&cutWriter{w, after}, r)
	default:
		f.objects.ServeHTTP(w, r)
	}
}

func (f *flaky) spoil(cut func(nth int) int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read, f.cut = 0, cut
}

func (f *flaky) answers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read
}

type cutWriter struct {
	http.ResponseWriter
	rest int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if len(p) <= c.rest {
		c.rest -= len(p)
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:c.rest])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

func cloudWorld(t *testing.T) (*world, *flaky) {
	t.Helper()
	objects, err := fakegcs.New(fakegcs.Config{Bucket: "entrepot-test"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, objects.Close()) })
	f := &flaky{objects: objects}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	bucket, err := storage.Open(t.Context(), storage.Config{
		URL: "gs://entrepot-test/prefix", Logger: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
			return map[string]string{"STORAGE_EMULATOR_HOST": strings.TrimPrefix(server.URL, "http://")}[name]
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	w := newWorld(t, func(c *importer.Config) { c.Bucket = bucket })
	w.bucket = bucket
	return w, f
}

// long is small with so many rows that it arrives in many pieces. One row is bad.
var long = small + "A,never,1\n" + strings.Repeat("A,2024-01-03,1\n", 100_000)

func TestImportFromACloudWhoseTransfersBreak(t *testing.T) {
	t.Parallel()
	wanted := newWorld(t)
	whole := wanted.imported(long, readings(skip))

	w, cloud := cloudWorld(t)
	run := w.start(w.upload(long), w.define(readings(skip)))
	require.True(t, strings.HasPrefix(w.bucket.Path("x"), "gs://entrepot-test/prefix/"))
	cloud.spoil(func(nth int) int {
		return []int{300_000, 0, 500_001, 70_000, 0, -1}[min(nth, 6)-1]
	})
	w.run(run.ID)
	done := w.get(run.ID)
	require.Equal(t, definition.ImportPartiallyCompleted, done.Status, done.Error)
	require.Equal(t, wanted.results(whole.ID), w.results(run.ID))
	require.Equal(t, 6, cloud.answers())
	cloud.spoil(nil)
	require.Equal(t, wanted.object(*whole.RejectedRowsKey), w.object(*done.RejectedRowsKey))
}

func TestImportFromACloudThatGivesUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut  func(w *world, path string) func(nth int) int
		code definition.ImportErrorCode
	}{
		"no answer": {
			func(*world, string) func(int) int { return func(int) int { return 0 } }, definition.ErrorStorageUnavailable,
		},
		"no answer after the half": {func(*world, string) func(int) int {
			return func(nth int) int { return map[bool]int{true: 700_000, false: 0}[nth == 1] }
		}, definition.ErrorStorageUnavailable},
		"another object by then": {func(w *world, path string) func(int) int {
			return func(nth int) int {
				if nth == 1 {
					return 700_000
				}
				w.exchange(path)
				return -1
			}
		}, definition.ErrorSourceChanged},
		"no object by then": {func(w *world, path string) func(int) int {
			return func(nth int) int {
				if nth == 1 {
					return 700_000
				}
				w.remove(path)
				return -1
			}
		}, definition.ErrorFileMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, cloud := cloudWorld(t)
			path := w.put([]byte(long))
			run := w.start(w.history(path, []byte(long)), w.define(readings(skip)))
			cloud.spoil(test.cut(w, path))
			w.run(run.ID)
			failed(t, w.get(run.ID), test.code)
			require.Empty(t, w.results(run.ID), "what was read of it is no short file")
		})
	}
	t.Run("changed before", func(t *testing.T) {
		t.Parallel()
		w, _ := cloudWorld(t)
		path := w.put([]byte(long))
		run := w.start(w.history(path, []byte(long)), w.define(readings(skip)))
		w.exchange(path)
		w.run(run.ID)
		failed(t, w.get(run.ID), definition.ErrorSourceChanged)
	})
}

// exchange puts another object of the same size there.
func (w *world) exchange(path string) {
	w.t.Helper()
	w.remove(path)
	key, _ := w.bucket.Key(path)
	writer, err := w.bucket.NewWriter(context.Background(), key)
	require.NoError(w.t, err)
	_, err = writer.Write([]byte(strings.ReplaceAll(long, "A", "B")))
	require.NoError(w.t, err)
	require.NoError(w.t, writer.Close())
}
