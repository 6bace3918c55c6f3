package storage_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/internal/fakegcs"
	"entrepot/storage"
)

const (
	bucketName = "entrepot-test"
	prefix     = "some/prefix/"
)

var serviceAccount = sync.OnceValues(fakegcs.NewAccount)

// keyFile writes the key of the service account to a file.
func keyFile(t *testing.T) (string, fakegcs.Account) {
	t.Helper()
	account, err := serviceAccount()
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "account.json")
	require.NoError(t, os.WriteFile(name, account.KeyFile, 0o600))
	return name, account
}

// setupCloud is setup with a bucket of Google Cloud Storage: fake-gcs-server behind one that checks signatures, behind
// one that makes faults.
func setupCloud(t *testing.T, change ...func(*storage.Config, *fakegcs.Config)) *bundle {
	t.Helper()
	b := &bundle{log: &bytes.Buffer{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	name, account := keyFile(t)
	fake := fakegcs.Config{Bucket: bucketName, Origins: []string{"https://app.example"}, Verifier: fakegcs.Verifier{
		Keys: map[string]*rsa.PublicKey{account.Email: account.Public}, Now: b.clock,
	}}
	var host string
	config := storage.Config{
		URL: "gs://" + bucketName + "/" + prefix, Now: b.clock, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
		Getenv: func(variable string) string {
			return map[string]string{"STORAGE_EMULATOR_HOST": host, "GOOGLE_APPLICATION_CREDENTIALS": name}[variable]
		},
	}
	for _, f := range change {
		f(&config, &fake)
	}
	server, err := fakegcs.New(fake)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	b.faults = &faults{inner: server}
	b.server = httptest.NewServer(b.faults)
	t.Cleanup(b.server.Close)
	host = strings.TrimPrefix(b.server.URL, "http://")
	b.Bucket, err = storage.OpenAt(t.Context(), config, "", "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	b.faults.forget()
	return b
}

// each runs a test with a folder and with a bucket of Google's: what the two promise is the same.
func each(t *testing.T, f func(t *testing.T, b *bundle)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		f(t, setup(t))
	})
	t.Run("cloud", func(t *testing.T) {
		t.Parallel()
		f(t, setupCloud(t))
	})
}

// keys lists all objects.
func (b *bundle) keys(t *testing.T) []string {
	t.Helper()
	list := []string{}
	for object, err := range b.List(t.Context(), "", time.Time{}) {
		require.NoError(t, err)
		list = append(list, object.Key)
	}
	return list
}

// faults stands before a server and spoils what passes.
type faults struct {
	inner http.Handler

	mu    sync.Mutex
	spoil func(n int, r *http.Request) fault // of the nth request since forget, from 0
	seen  []*http.Request
}

// fault is what happens to one request. The zero fault is none.
type fault struct {
	status    int                      // answer this instead
	before    bool                     // break the connection instead
	after     bool                     // break the connection instead of answering, after it was done
	hang      bool                     // never answer
	sendCut   int64                    // break the request's body after so many bytes (0: not)
	cut       int64                    // break the answer's body after so many bytes (0: not; -1: at once)
	short     int64                    // end the answer's body there, as if it were whole (0: not; -1: at once)
	pause     int64                    // hang there (0: not)
	change    func([]byte)             // of the body's pieces, in place
	header    func(header http.Header) // of the answer
	first     func()                   // done before
	unwritten bool                     // the status of an answer in the way of bytes: 200 for 206, from the start
}

func (f *faults) set(spoil func(n int, r *http.Request) fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoil, f.seen = spoil, nil
}

func (f *faults) forget() { f.set(nil) }

// requests are those since forget or set.
func (f *faults) requests() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*http.Request(nil), f.seen...)
}

func (f *faults) next(r *http.Request) fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.seen)
	f.seen = append(f.seen, r.Clone(r.Context()))
	if f.spoil == nil {
		return fault{}
	}
	return f.spoil(n, r)
}

// ServeHTTP implements http.Handler.
func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	is := f.next(r)
	if is.first != nil {
		is.first()
	}
	switch {
	case is.before:
		panic(http.ErrAbortHandler)
	case is.hang:
		_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the connection noticed
		<-r.Context().Done()
		return
	case is.status != 0:
		_, _ = io.Copy(io.Discard, r.Body)
		http.Error(w, `{"error": {"code": 1, "message": "as the test says"}}`, is.status)
		return
	case is.after:
		f.inner.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	if is.sendCut > 0 {
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, is.sendCut), broken{}))
		f.inner.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	if is.unwritten {
		r.Header.Del("Range")
	}
	f.inner.ServeHTTP(&spoiled{ResponseWriter: w, fault: is, done: r.Context().Done()}, r)
}

// broken is the rest of a body whose sender is gone.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// spoiled is an answer to which a fault happens.
type spoiled struct {
	http.ResponseWriter
	fault
	done    <-chan struct{}
	begun   bool
	written int64
}

func (s *spoiled) WriteHeader(status int) {
	s.begun = true
	if s.short != 0 {
		s.Header().Del("Content-Length")
	}
	if s.header != nil {
		s.header(s.Header())
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *spoiled) Write(p []byte) (int, error) {
	if !s.begun {
		s.WriteHeader(http.StatusOK)
	}
	for _, limit := range []int64{s.cut, s.short, s.pause} {
		if limit == 0 {
			continue
		}
		limit = max(limit, 0)
		if s.written+int64(len(p)) <= limit {
			continue
		}
		_, _ = s.ResponseWriter.Write(p[:limit-s.written])
		s.written = limit
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		switch {
		case s.cut != 0:
			panic(http.ErrAbortHandler)
		case s.pause != 0:
			<-s.done
			panic(http.ErrAbortHandler)
		}
		return 0, io.ErrClosedPipe // the rest is left out
	}
	if s.change != nil {
		p = bytes.Clone(p)
		s.change(p)
	}
	n, err := s.ResponseWriter.Write(p)
	s.written += int64(n)
	return n, err
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	server, err := fakegcs.New(fakegcs.Config{Bucket: "other-bucket"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	faults := &faults{inner: server}
	at := httptest.NewServer(faults)
	t.Cleanup(at.Close)
	host := strings.TrimPrefix(at.URL, "http://")
	good, _ := keyFile(t)
	folder := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	for name, test := range map[string]struct {
		emulator, key string
		want          string
	}{
		"no such bucket":         {host, good, "there is no bucket " + bucketName},
		"emulator with a path":   {host + "/x", good, "STORAGE_EMULATOR_HOST must be like"},
		"no such file":           {"", filepath.Join(folder, "none"), "GOOGLE_APPLICATION_CREDENTIALS"},
		"no such file, emulator": {host, filepath.Join(folder, "none"), "GOOGLE_APPLICATION_CREDENTIALS"},
		"not JSON":               {"", file("a", "secret-text"), "no credentials file of Google's"},
		"no type":                {"", file("b", `{"private_key": "secret-text"}`), "no credentials file of Google's"},
		"unknown type":           {"", file("c", `{"type": "secret-text"}`), "GOOGLE_APPLICATION_CREDENTIALS"},
		"of a person": {
			"", file("d", `{"type": "authorized_user", "client_secret": "secret-text"}`), "belong to no service account",
		},
		"no key": {host, file("e", `{"type": "service_account", "client_email": "a@b"}`), "no key file"},
		"key that is none": {
			"", file("f", `{"type": "service_account", "client_email": "a@b", "private_key": "secret-text"}`), "cannot be read",
		},
		"key of another kind": {"", file("g", `{"type": "service_account", "client_email": "a@b", "private_key":
			"-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXRleHQ=\n-----END PRIVATE KEY-----\n"}`), "cannot be read"},
		"federation of nobody": {
			"", file("h", `{"type": "external_account", "audience": "x", "subject_token_type": "y",
			"token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": "/nowhere"}}`),
			"belong to no service account",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := storage.Open(t.Context(), storage.Config{URL: "gs://" + bucketName, Getenv: func(variable string) string {
				return map[string]string{"STORAGE_EMULATOR_HOST": test.emulator, "GOOGLE_APPLICATION_CREDENTIALS": test.key}[variable]
			}})
			require.ErrorContains(t, err, test.want)
			if test.want != "GOOGLE_APPLICATION_CREDENTIALS" {
				require.NotContains(t, err.Error(), "secret-text")
			}
		})
	}
}

func TestOpenWithoutAnAnswerGoesOn(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(at.Close)
	b, err := storage.OpenAt(t.Context(), storage.Config{
		URL: "gs://" + bucketName, Logger: slog.New(slog.NewTextHandler(&log, nil)), Getenv: func(variable string) string {
			return map[string]string{"STORAGE_EMULATOR_HOST": strings.TrimPrefix(at.URL, "http://")}[variable]
		},
	}, "", "")
	require.NoError(t, err)
	require.Contains(t, log.String(), "does not answer")
	request, err := b.SignPut(t.Context(), key, storage.PutOptions{Size: 1})
	require.NoError(t, err, "uploads go past this process")
	require.Contains(t, request.URL, at.URL)
	require.NoError(t, b.Close())
}

func TestRightsThatAreMissingAreLogged(t *testing.T) {
	t.Parallel()
	b := setupCloud(t, func(_ *storage.Config, fake *fakegcs.Config) { fake.Rights = []string{"storage.objects.get"} })
	require.Contains(t, b.log.String(), "storage.objects.create storage.objects.delete storage.objects.list")
	require.Contains(t, b.log.String(), "entrepot doctor")
}

func TestNothingIsServedForARemoteBucket(t *testing.T) {
	t.Parallel()
	b := setupCloud(t)
	answer := httptest.NewRecorder()
	b.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bucket?key=x", nil))
	require.Equal(t, http.StatusNotFound, answer.Code)
	require.NoError(t, b.SetPublicURL("https://entrepot.example/bucket"))
	require.Error(t, b.SetPublicURL("nowhere"))
	require.Equal(t, b.server.URL, b.Origin())
	require.Empty(t, setup(t).Origin())
	require.Equal(t, "gs://"+bucketName+"/"+prefix+"k", b.Path("k"))
	for path, want := range map[string]bool{
		b.Path("org/grp/file"): true, "gs://" + bucketName + "/org/grp/file": false, "gs://local/org/grp/file": false,
		b.Path(strings.Repeat("x", 1024-len(prefix))): true, b.Path(strings.Repeat("x", 1025-len(prefix))): false,
		b.Path("../x"):                      false,
		"gs://" + bucketName + "/" + prefix: false, "gs://" + bucketName + "x/" + prefix + "k": false,
	} {
		_, ok := b.Key(path)
		require.Equal(t, want, ok, path)
	}
}

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}
