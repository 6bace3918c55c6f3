package auth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/auth"
	"entrepot/viewer"
)

// seen is what a handler behind the middleware answers: who asked.
var seen = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	v, ok := viewer.FromContext(r.Context())
	if !ok {
		_, _ = w.Write([]byte("nobody"))
		return
	}
	_, _ = w.Write([]byte(v.UserID + " " + v.OrganizationID + " " + v.GroupID))
})

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestMiddlewareTellsWhoAsks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.Middleware(seen)
	bearer := "bearer  " + b.token(t, auth.Identity{UserID: b.ada})
	require.Equal(t, "nobody", get(t, h, "/graphql").Body.String())
	require.Equal(t, strings.Join([]string{b.ada, b.orgA, b.groupA1}, " "),
		get(t, h, "/graphql", "Authorization", bearer).Body.String())
	require.Equal(t, strings.Join([]string{b.ada, b.orgB, b.groupB}, " "),
		get(t, h, "/graphql", "Authorization", bearer, "X-Organization-Id", b.orgB, "X-Group-Id", b.groupB).Body.String())

	foreign := get(t, h, "/graphql", "Authorization", bearer, "X-Group-Id", b.groupA2)
	require.Equal(t, http.StatusUnauthorized, foreign.Code)
	require.Equal(t, "Bearer", foreign.Header().Get("WWW-Authenticate"))
	require.Equal(t, "application/json; charset=utf-8", foreign.Header().Get("Content-Type"))
	var answer struct {
		Errors []struct {
			Message    string
			Extensions map[string]string
		}
	}
	require.NoError(t, json.Unmarshal(foreign.Body.Bytes(), &answer))
	require.Len(t, answer.Errors, 1)
	require.Contains(t, answer.Errors[0].Message, b.groupA2)
	require.Equal(t, map[string]string{"code": "UNAUTHENTICATED"}, answer.Errors[0].Extensions)

	for _, header := range []string{"Basic YTpi", "Bearer", "Bearer nonsense"} {
		rest := get(t, h, "/api/v1/anything", "Authorization", header)
		require.Equal(t, http.StatusUnauthorized, rest.Code, header)
		var answer map[string]string
		require.NoError(t, json.Unmarshal(rest.Body.Bytes(), &answer))
		require.NotEmpty(t, answer["message"])
	}
}

func TestRequiredAnswers401ToNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h := b.Middleware(b.Required(seen))
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/graphql").Code)
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/api/v1").Code)
	require.Equal(t, http.StatusOK,
		get(t, h, "/graphql", "Authorization", "Bearer "+b.token(t, auth.Identity{UserID: b.ada})).Code)
	require.Equal(t, "nobody", get(t, h, "/graphql", "Connection", "Upgrade", "Upgrade", "websocket").Body.String())
	posted := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
	posted.Header.Set("Upgrade", "websocket")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, posted)
	require.Equal(t, http.StatusUnauthorized, w.Code, "only a GET opens a WebSocket")
}

func TestADatabaseThatIsAwayIsNot401(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bearer := "Bearer " + b.token(t, auth.Identity{UserID: b.ada})
	require.NoError(t, b.db.Close())
	away := get(t, b.Middleware(seen), "/graphql", "Authorization", bearer)
	require.Equal(t, http.StatusServiceUnavailable, away.Code)
	require.NotEmpty(t, away.Header().Get("Retry-After"))
	require.Contains(t, away.Body.String(), "SERVICE_UNAVAILABLE")
}

func exchange(t *testing.T, b *bundle, body string) (int, map[string]string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/exchange", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	w := httptest.NewRecorder()
	b.Exchange().ServeHTTP(w, r)
	var answer map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return w.Code, answer
}

func TestACodeGivesOneToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	who := auth.Identity{b.ada, b.orgB, b.groupB}
	body := `{"code": "` + b.NewCode(who) + `"}`
	status, answer := exchange(t, b, body)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "2026-03-02T00:00:00Z", answer["expiresAt"])
	v, err := b.Viewer(t.Context(), answer["token"], "", "")
	require.NoError(t, err)
	got := auth.Identity{v.UserID, v.OrganizationID, v.GroupID}
	require.Equal(t, who, got)

	status, answer = exchange(t, b, body)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "CODE_INVALID", answer["code"])
	require.NotEmpty(t, answer["message"])
}

func TestACodeLastsTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	late, inTime := b.NewCode(auth.Identity{UserID: b.ada}), b.NewCode(auth.Identity{UserID: b.ada})
	require.NotEqual(t, late, inTime)
	b.now = noon.Add(10*time.Minute - time.Second)
	status, _ := exchange(t, b, `{"code": "`+inTime+`"}`)
	require.Equal(t, http.StatusOK, status)
	b.now = noon.Add(10 * time.Minute)
	status, answer := exchange(t, b, `{"code": "`+late+`"}`)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "CODE_INVALID", answer["code"])
}

func TestACodeIsGoodForOneOfManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := `{"code": "` + b.NewCode(auth.Identity{UserID: b.ada}) + `"}`
	var wg sync.WaitGroup
	statuses := make(chan int, 8)
	for range cap(statuses) {
		wg.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/exchange", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			b.Exchange().ServeHTTP(w, r)
			statuses <- w.Code
		})
	}
	wg.Wait()
	close(statuses)
	good := 0
	for status := range statuses {
		if status == http.StatusOK {
			good++
		}
	}
	require.Equal(t, 1, good)
}

func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string]int{
		``:                         http.StatusBadRequest,
		`{"code": 1}`:              http.StatusBadRequest,
		`{"code": ""}`:             http.StatusBadRequest,
		`{"code": "nonsense"}`:     http.StatusUnauthorized,
		strings.Repeat(" ", 1<<20): http.StatusRequestEntityTooLarge,
	} {
		status, answer := exchange(t, b, body)
		require.Equal(t, want, status, "%.20q", body)
		require.NotEmpty(t, answer["code"])
		require.NotEmpty(t, answer["message"])
	}
	require.Equal(t, http.StatusMethodNotAllowed, get(t, b.Exchange(), "/auth/exchange").Code)
	form := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"code": "x"}`))
	form.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	b.Exchange().ServeHTTP(w, form)
	require.Equal(t, http.StatusUnsupportedMediaType, w.Code)
}

func TestExchangeIsLimited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 10 {
		status, _ := exchange(t, b, `{"code": "nonsense"}`)
		require.Equal(t, http.StatusUnauthorized, status)
	}
	body := `{"code": "` + b.NewCode(auth.Identity{UserID: b.ada}) + `"}`
	status, answer := exchange(t, b, body)
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "RATE_LIMITED", answer["code"])
	b.now = b.now.Add(time.Second)
	status, _ = exchange(t, b, body)
	require.Equal(t, http.StatusOK, status, "the code was not used up")
	status, _ = exchange(t, b, body)
	require.Equal(t, http.StatusTooManyRequests, status)
}

func TestOnlyKnownHostNamesAreAnswered(t *testing.T) {
	t.Parallel()
	public := &url.URL{Scheme: "https", Host: "entrepot.test.example"}
	for host, want := range map[string]int{
		"127.0.0.1:8080":                 http.StatusOK,
		"127.0.0.1":                      http.StatusOK,
		"[::1]:8080":                     http.StatusOK,
		"LocalHost:1":                    http.StatusOK,
		"Entrepot.test.example":          http.StatusOK,
		"entrepot.test.example:443":      http.StatusOK,
		"evil.example:8080":              http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example":         http.StatusMisdirectedRequest,
		"localhost.evil.example":         http.StatusMisdirectedRequest,
		"192.168.1.5:8080":               http.StatusMisdirectedRequest,
		"":                               http.StatusMisdirectedRequest,
		"evil.example@127.0.0.1":         http.StatusMisdirectedRequest,
		"xentrepot.test.example":         http.StatusMisdirectedRequest,
		"entrepot.test.example.evil.org": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		auth.OnlyHosts(public, seen).ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:0": true, "127.1.2.3:80": true, "[::1]:80": true, "localhost:8080": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.168.1.5:80": false, "example.org:80": false,
		"": false,
	} {
		require.Equal(t, want, auth.Loopback(address), address)
	}
}

func TestTheSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var wg sync.WaitGroup
	secrets := make(chan string, 8)
	for range cap(secrets) {
		wg.Go(func() {
			secret, err := auth.LoadSecret(folder)
			if err != nil {
				secret = []byte(err.Error())
			}
			secrets <- string(secret)
		})
	}
	wg.Wait()
	first := <-secrets
	require.Len(t, first, 32)
	for range cap(secrets) - 1 {
		require.Equal(t, first, <-secrets)
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left behind")
	file := filepath.Join(folder, entries[0].Name())
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Chmod(file, 0o644))
		_, err = auth.LoadSecret(folder)
		require.NoError(t, err)
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	require.NoError(t, os.WriteFile(file, []byte("short"), 0o600))
	_, err = auth.LoadSecret(folder)
	require.ErrorContains(t, err, "5 bytes")
	other, err := auth.LoadSecret(t.TempDir())
	require.NoError(t, err)
	require.NotEqual(t, first, string(other))
}
