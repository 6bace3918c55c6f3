package rest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/rest"
	"entrepot/viewer"
)

// wire is the API as the program serves it: behind the sign-in, over connections.
type wire struct {
	*server
	address string
	token   string // Ada's
	sign    func(who auth.Identity) string
	later   atomic.Int64 // how far the clock of the sign-in is ahead, nanoseconds
	// answered gets one for every request whose handler has returned.
	answered chan struct{}
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{server: newServer(t), answered: make(chan struct{}, 1000)}
	log := slog.New(slog.NewJSONHandler(w.logs, nil))
	a, err := auth.New(auth.Config{
		DB: w.db, Secret: bytes.Repeat([]byte("k"), 32), Logger: log, Away: rest.Away(log),
		Now: func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) },
	})
	require.NoError(t, err)
	w.sign = func(who auth.Identity) string {
		token, _, err := a.Issue(who)
		require.NoError(t, err)
		return token
	}
	w.token = w.sign(auth.Identity{UserID: ada.UserID, OrganizationID: ada.OrganizationID, GroupID: ada.GroupID})
	signedIn := a.Middleware(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		// The stand-in of package auth below takes who asks from the context.
		if v, ok := viewer.FromContext(r.Context()); ok {
			r = r.WithContext(withAsking(r.Context(), v))
		}
		w.ServeHTTP(to, r)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		defer func() { w.answered <- struct{}{} }()
		signedIn.ServeHTTP(to, r)
	}))
	t.Cleanup(server.Close)
	w.address = strings.TrimPrefix(server.URL, "http://")
	return w
}

// post sends a request with Ada's token, or with the headers given, name after value, where an empty value is none.
func (w *wire) post(t *testing.T, path string, body io.Reader, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.address+path, body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(text)}
}

// writing are the paths that write, with a body that they take.
var writing = map[string]string{
	signPath:  `{"file_name": "a.csv", "size": 8}`,
	storePath: `{"file_name": "a.csv", "gcs_path": "gs://local/org-one/grp-one/x"}`,
}

// eachWriting runs a test for each path that writes, on a server of its own.
func eachWriting(t *testing.T, f func(t *testing.T, w *wire, path, body string)) {
	t.Helper()
	for path, body := range writing {
		t.Run(path[strings.LastIndexByte(path, '/')+1:], func(t *testing.T) {
			t.Parallel()
			f(t, newWire(t), path, body)
		})
	}
}

// requireNothing holds the database to no record at all.
func (w *wire) requireNothing(t *testing.T) {
	t.Helper()
	require.Zero(t, w.count(t))
	require.Zero(t, w.issued(t))
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err := zip.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	return out.String()
}

func TestRequestsThatAreRefusedBeforeTheirBodyCounts(t *testing.T) {
	t.Parallel()
	eachWriting(t, func(t *testing.T, w *wire, path, good string) {
		stranger := w.sign(auth.Identity{UserID: "user-nobody", OrganizationID: "org-one", GroupID: "grp-one"})
		foreign := w.sign(auth.Identity{UserID: "user-ada", OrganizationID: "org-two", GroupID: "grp-eve"})
		large := strings.TrimSuffix(good, "}") + `, "c": "` + strings.Repeat("c", 64<<10) + `"}`
		for _, c := range []struct {
			name, body string
			header     []string
			status     int
		}{
			{"no token", good, []string{"Authorization", ""}, http.StatusUnauthorized},
			{"another scheme", good, []string{"Authorization", "Basic YWRhOmFkYQ=="}, http.StatusUnauthorized},
			{"an empty token", good, []string{"Authorization", "Bearer "}, http.StatusUnauthorized},
			{"no token of ours", good, []string{"Authorization", "Bearer a.b.c"}, http.StatusUnauthorized},
			{"a huge token", good, []string{"Authorization", "Bearer " + strings.Repeat("x", 30<<10)}, http.StatusUnauthorized},
			{"a changed token", good, []string{"Authorization", "Bearer " + w.token[:len(w.token)-2] + "xx"}, http.StatusUnauthorized},
			{"a stranger", good, []string{"Authorization", "Bearer " + stranger}, http.StatusUnauthorized},
			{"another organization", good, []string{"Authorization", "Bearer " + foreign}, http.StatusUnauthorized},
			{"another organization by header", good, []string{"X-Organization-Id", "org-two"}, http.StatusUnauthorized},
			{"another group by header", good, []string{"X-Group-Id", "grp-two"}, http.StatusUnauthorized},
			{"no such group", good, []string{"X-Group-Id", "grp-none"}, http.StatusUnauthorized},

			{"packed", packed(t, good), []string{"Content-Encoding", "gzip"}, http.StatusUnsupportedMediaType},
			{"said to be packed", good, []string{"Content-Encoding", "gzip"}, http.StatusUnsupportedMediaType},
			{"packed twice", good, []string{"Content-Encoding", "gzip, br"}, http.StatusUnsupportedMediaType},
			{"packed in silence", packed(t, good), nil, http.StatusUnprocessableEntity},
			{"text", good, []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType},
			{"a form", good, []string{"Content-Type", "application/x-www-form-urlencoded"}, http.StatusUnsupportedMediaType},
			{"parts", good, []string{"Content-Type", "multipart/form-data; boundary=x"}, http.StatusUnsupportedMediaType},
			{"XML", good, []string{"Content-Type", "application/xml"}, http.StatusUnsupportedMediaType},
			{"no type", good, []string{"Content-Type", "json"}, http.StatusUnsupportedMediaType},
			{"half a type", good, []string{"Content-Type", "application/"}, http.StatusUnsupportedMediaType},
			{"signs", good, []string{"Content-Type", ";;"}, http.StatusUnsupportedMediaType},
			{"another JSON", good, []string{"Content-Type", "application/problem+json"}, http.StatusUnsupportedMediaType},
			{"another charset", good, []string{"Content-Type", "application/json; charset=latin1"}, http.StatusUnsupportedMediaType},
			{"UTF-16", "\xff\xfe{\x00}\x00", nil, http.StatusUnprocessableEntity},
			{"byte order mark", "\ufeff" + good, nil, http.StatusUnprocessableEntity},
			{"too large", large, nil, http.StatusRequestEntityTooLarge},
			{"deep", strings.Repeat(`{"a":`, 12_000) + "1" + strings.Repeat("}", 12_000), nil, http.StatusRequestEntityTooLarge},
			{"deep lists", strings.Repeat("[", 60_000), nil, http.StatusUnprocessableEntity},
			{"many members", `{` + strings.Repeat(`"a": 1, `, 7_000) + `"a": 1}`, nil, http.StatusUnprocessableEntity},
		} {
			got := w.post(t, path, strings.NewReader(c.body), c.header...)
			require.Equal(t, c.status, got.status, "%s: %s", c.name, got.body)
			var problem struct{ Message string }
			require.NoError(t, json.Unmarshal([]byte(got.body), &problem), c.name)
			require.NotEmpty(t, problem.Message, c.name)
			require.Equal(t, c.status == http.StatusUnauthorized, got.header.Get("WWW-Authenticate") == "Bearer", c.name)
		}
		// A body of unknown length is measured as it comes.
		got := w.post(t, path, io.MultiReader(strings.NewReader(large)))
		require.Equal(t, http.StatusRequestEntityTooLarge, got.status)
		w.requireNothing(t)
		require.Empty(t, w.logs.lines(t), "none of it is the server's fault")
		require.Equal(t, http.StatusOK, w.post(t, path, strings.NewReader(good)).status)
	})
}

func TestAnExpiredToken(t *testing.T) {
	t.Parallel()
	eachWriting(t, func(t *testing.T, w *wire, path, good string) {
		w.later.Store(int64(13 * time.Hour))
		require.Equal(t, http.StatusUnauthorized, w.post(t, path, strings.NewReader(good)).status)
		w.requireNothing(t)
	})
}

func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for _, signedIn := range []bool{false, true} { // while one signs in, or behind that
		eachWriting(t, func(t *testing.T, w *wire, path, good string) {
			require.NoError(t, w.db.Close())
			var got answer
			if signedIn {
				got = w.ask(t, &ada, http.MethodPost, path, good)
			} else {
				got = w.post(t, path, strings.NewReader(good))
			}
			if path == storePath {
				require.Equal(t, http.StatusBadRequest, got.status)
				require.JSONEq(t, `{"message": "The history could not be stored"}`, got.body)
			} else {
				require.Equal(t, http.StatusServiceUnavailable, got.status)
			}
			require.Equal(t, "5", got.header.Get("Retry-After"))
			require.Len(t, w.logs.lines(t), 1, "once")
		})
	}
	t.Run("reading", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		require.NoError(t, s.db.Close())
		for _, path := range []string{
			listPath, root + "/histories/1", root + "/histories/1/import-errors", root + "/histories/1/download-errors",
			root + "/histories/1/download-original",
		} {
			got := s.ask(t, &ada, http.MethodGet, path, "")
			require.Equal(t, http.StatusServiceUnavailable, got.status, path)
			require.Equal(t, "5", got.header.Get("Retry-After"), path)
			require.Len(t, got.decode(t), 1)
		}
		require.Len(t, s.logs.lines(t), 5)
	})
}

// TestTheClientGoes breaks connections off in the middle of a request: nothing of it is kept, nor logged.
func TestTheClientGoes(t *testing.T) {
	t.Parallel()
	eachWriting(t, func(t *testing.T, w *wire, path, good string) {
		head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n",
			path, w.address, w.token)
		for name, request := range map[string]string{
			"half a body":       fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(good), good[:len(good)/2]),
			"a byte is missing": fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(good)+1, good),
			"half a chunk":      fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", head, len(good)+5, good),
			"no last chunk":     fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", head, len(good), good),
			"no chunk at all":   head + "Transfer-Encoding: chunked\r\n\r\nnonsense",
		} {
			w.send(t, request)
			<-w.answered
			w.requireNothing(t)
			require.Empty(t, w.logs.lines(t), name)
		}
		// Whoever goes after the last byte may have been heard: all of it is there then, or nothing.
		w.send(t, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(good), good))
		<-w.answered
		require.LessOrEqual(t, w.count(t)+w.issued(t), 1)
		require.Equal(t, http.StatusOK, w.post(t, path, strings.NewReader(good)).status)
		if path == storePath {
			require.Equal(t, 1, w.count(t), "again is not another one")
		}
	})
}

// send writes to a connection of its own and closes it.
func (w *wire) send(t *testing.T, text string) {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.address)
	require.NoError(t, err)
	out := bufio.NewWriter(connection)
	_, err = out.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, out.Flush())
	require.NoError(t, connection.Close())
}
